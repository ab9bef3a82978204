export type DefaultPipelineName = 'tiny' | 'scratch'

export type DefaultPipeline = {
  readonly name: DefaultPipelineName
  /** [height, width] in pixels of what the model sees; written into data.py as IMAGE_SIZE. */
  readonly imageSize: readonly [number, number]
  readonly reason: string
}

/** What the choice rests on. */
export type StartingPoint = {
  /** Typical stored [height, width] in pixels. */
  readonly shape: readonly [number, number]
  readonly trainCount: number
  /** Seconds of one training. */
  readonly trainSeconds: number
  /** Images per second of the machine's reference net on 28 x 28 pixels. */
  readonly referenceSpeed: number
}

/** Up to this short side an image is small enough for a network without early downsampling. */
const TINY_EDGE = 64
/** Short sides that `scratch` may use; each step up costs about half as much again. */
const SCRATCH_EDGES = [64, 80, 96, 112, 128, 160] as const
/** Passes over the data that the narrowest `scratch` net must be able to make at a size, or a smaller size is better. */
const PASSES_WANTED = 30
/** What that net costs a pixel, as a share of the reference net (measured on two cores). */
const SCRATCH_COST = 0.14
/** Beyond this aspect a picture is squashed to it, so that no side becomes a sliver. */
const MAX_ASPECT = 2

/** The pipeline to start from, and the size of its input: from the stored size of the images and the seconds to spend. */
export function chooseDefaultPipeline(start: StartingPoint): DefaultPipeline {
  const shortSide = Math.min(...start.shape)
  const size = `images are stored with a short side of ${shortSide} px`
  if (shortSide <= TINY_EDGE)
    return { name: 'tiny', imageSize: fitAspect(start.shape, shortSide), reason: `${size}, at most ${TINY_EDGE}` }
  const imageSize = scratchSize(start, shortSide)
  const reason = `${size}, above ${TINY_EDGE}; ${imageSize.join(' x ')} px is what ${Math.round(start.trainSeconds)} s of training can afford`
  return { name: 'scratch', imageSize, reason }
}

/** `data.py` with its IMAGE_SIZE set. Throws when the source has no such line: that is a mistake of ours. */
export function withImageSize(source: string, [height, width]: readonly [number, number]): string {
  const line = /^IMAGE_SIZE = \d+/m
  if (!line.test(source)) throw new Error('data.py of a default pipeline has no line "IMAGE_SIZE = <number>"')
  return source.replace(line, `IMAGE_SIZE = ${height === width ? height : `(${height}, ${width})`}`)
}

function scratchSize(start: StartingPoint, shortSide: number): [number, number] {
  const sizes = SCRATCH_EDGES.filter((edge) => edge <= shortSide).map((edge) => fitAspect(start.shape, edge))
  const affordable = sizes.filter((size) => passes(start, size) >= PASSES_WANTED)
  return affordable.at(-1) ?? sizes[0] ?? fitAspect(start.shape, SCRATCH_EDGES[0])
}

function passes(start: StartingPoint, [height, width]: readonly [number, number]): number {
  const imagesPerSecond = (start.referenceSpeed * 28 * 28) / (height * width) / SCRATCH_COST
  return (start.trainSeconds * imagesPerSecond) / Math.max(1, start.trainCount)
}

/** [height, width] with the given short side and the picture's own aspect, within MAX_ASPECT. */
function fitAspect([height, width]: readonly [number, number], shortSide: number): [number, number] {
  const aspect = Math.min(MAX_ASPECT, Math.max(height, width) / Math.max(1, Math.min(height, width)))
  const longSide = Math.round(shortSide * aspect)
  return height >= width ? [longSide, shortSide] : [shortSide, longSide]
}
