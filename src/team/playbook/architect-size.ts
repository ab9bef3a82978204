import type { Brief } from '../../core/team.ts'

/** Height and width in pixels. */
export type Size = readonly [number, number]

/** Up to this short side in pixels an image is small enough for a net without early downsampling. */
const SMALL_EDGE = 64
/** Short sides that larger pictures may be brought to; each step up costs about half as much again. */
const PHOTO_EDGES = [64, 80, 96, 112, 128, 160] as const
/** Passes over the images that the narrowest net must be able to make at a size, or a smaller size is better. */
const PASSES_WANTED = 30
/** What that net costs a pixel, as a share of the machine's reference net (measured on two cores). */
const PHOTO_COST = 0.14
/** Beyond this aspect a picture is squashed to it, so that no side becomes a sliver. */
const MOST_ASPECT = 2
/** Passes from which small pictures can be learnt by heart, so that stronger changes of them pay; photos have more in them. */
const LONG_PASSES = { small: 10, photo: 30 } as const
/**
 * Passes of the reference net below which a net learns more from larger photos the less they are changed and the fewer layers it has.
 * Measured at 3 passes on ORL and stamps: without window and turn +3.8 and +2.9 points, one layer a stage less +3.2 and +2.1.
 */
const BRIEF_PASSES = 8
const REFERENCE_PIXELS = 28 * 28

export type InputSize = {
  readonly size: Size
  readonly isSmall: boolean
  /** Whether the budget makes passes enough that the pictures could be learnt by heart. */
  readonly isLong: boolean
  /** Whether photos are seen so few times that hardly anything may stand in the way of learning them; never of small pictures. */
  readonly isBrief: boolean
  /** Why this size: a clause in lower case. */
  readonly reason: string
}

/** What the model is shown: small pictures as they are, larger ones as large as the seconds allow. */
export function chooseInputSize(brief: Brief): InputSize {
  const shortSide = Math.min(...brief.shape)
  const isSmall = shortSide <= SMALL_EDGE
  const size = isSmall ? fitAspect(brief.shape, shortSide) : photoSize(brief, shortSide)
  const reason = isSmall
    ? 'the stored size: nothing is thrown away at this scale'
    : `of a stored short side of ${shortSide} px, what ${Math.round(brief.trainSeconds)} s of training can afford`
  const passes = referencePasses(brief, isSmall ? Math.min(...size) ** 2 : size[0] * size[1])
  const isLong = passes >= (isSmall ? LONG_PASSES.small : LONG_PASSES.photo)
  return { size, isSmall, isLong, isBrief: !isSmall && passes < BRIEF_PASSES, reason }
}

/** Passes over the images that the machine's reference net would make in the seconds of one training. */
export function referencePasses({ trainSeconds, machine, trainCount }: Brief, pixels: number): number {
  return (trainSeconds * machine.referenceSpeed * REFERENCE_PIXELS) / pixels / Math.max(1, trainCount)
}

function photoSize(brief: Brief, shortSide: number): Size {
  const sizes = PHOTO_EDGES.filter((edge) => edge <= shortSide).map((edge) => fitAspect(brief.shape, edge))
  const affordable = sizes.filter(([height, width]) => referencePasses(brief, height * width) / PHOTO_COST >= PASSES_WANTED)
  return affordable.at(-1) ?? sizes[0] ?? fitAspect(brief.shape, PHOTO_EDGES[0])
}

/** [height, width] with the given short side and the picture's own aspect, within MOST_ASPECT. */
function fitAspect([height, width]: Size, shortSide: number): Size {
  const aspect = Math.min(MOST_ASPECT, Math.max(height, width) / Math.max(1, Math.min(height, width)))
  const longSide = Math.round(shortSide * aspect)
  return height >= width ? [longSide, shortSide] : [shortSide, longSide]
}
