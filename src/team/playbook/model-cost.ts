import type { Brief } from '../../core/team.ts'
import type { ModelDesign, Size, StagedDesign } from './model-design.ts'
import { layersOf, sum } from './model-layers.ts'
import type { Cost } from './model-layers.ts'

/** A forward pass of the machine's reference net on one 28 px picture. */
const REFERENCE_MULTIPLY_ADDS = 14.7e6
/** The same in the measure of `stepCost`. */
export const REFERENCE_STEP_COST = 19e6
/** A number that a layer writes takes as long as so many multiply-adds of a full convolution (bfloat16, channels last, CPU). */
const WRITTEN = 60
/** A multiply-add of a depthwise convolution takes as long as so many of a full one (likewise). */
const DEPTHWISE_SLOWER = 6
/** Beside convolutions the last layer costs nothing that counts. */
const FEW_CLASSES = 10
/** Beyond this a wider net learns the pictures by heart and costs for nothing. */
const MAX_PARAMETERS_AN_IMAGE = 2_000
/** Short side in pixels up to which a stored picture counts as small. */
const SMALL_EDGE = 64

/** The rule for small pictures: of a larger budget a part buys width, the rest buys passes, which are worth more. */
const SMALL = {
  /**
   * Channels of the stem and of the stages. Short trainings want few channels where the picture is large; in long ones the even net won
   * (Fashion-MNIST, val, 390 CPU-seconds: 16; 32, 64, 128 had 94.4 %, 8; 16, 48, 96 and 16; 24, 64, 96 had 94.1 %, one seed each).
   */
  ladder: [
    { stem: 4, widths: [8, 24, 48] },
    { stem: 6, widths: [12, 36, 72] },
    { stem: 8, widths: [16, 48, 96] },
    { stem: 12, widths: [24, 60, 120] },
    { stem: 16, widths: [32, 64, 128] },
    { stem: 24, widths: [48, 96, 192] },
    { stem: 32, widths: [64, 128, 256] },
    { stem: 48, widths: [96, 192, 384] },
  ],
  /** Cost in reference nets that fits `samples`: a stem of 8 channels at 28 px, 0.16 M parameters. */
  baseCost: 0.46,
  /** Pictures that the reference net could be trained on in the budget; about a minute on two cores. */
  samples: 165_000,
  /** Part of a larger budget, in ratio, that buys width. */
  exponent: 0.72,
  /** A stem may cost this much more than the rule allows: the steps between stems are coarse. */
  slack: 1.1,
} as const

/** The rule for photos: the widest net that still sees every picture often enough. */
const PHOTO = {
  stems: [16, 24, 32, 48, 64],
  /** Passes over the data that the width must leave room for. */
  passes: 25,
  /** Seconds a picture grow with width to this power (measured on two cores). */
  exponent: 1.4,
  /** The stem that costs what the reference net does, pixel for pixel. */
  referenceStem: 62,
  /** Parameters of the net, times the stem's width squared. */
  parameters: 840,
} as const

/** Multiply-adds of a forward pass on one picture and parameters, both exact: what torch counts. */
export function costOf(design: ModelDesign, channels: number, size: Size, classes = FEW_CLASSES): Cost {
  return sum(layersOf(design, channels, size, classes))
}

/** What a training step costs a picture, in multiply-adds of a full convolution; within a fifth for most of 72 nets that were timed. */
export function stepCost(design: ModelDesign, channels: number, size: Size): number {
  const layers = layersOf(design, channels, size, FEW_CLASSES)
  return layers.reduce(
    (so, layer) => so + layer.multiplyAdds * (layer.isDepthwise ? DEPTHWISE_SLOWER : 1) + layer.written * WRITTEN,
    0,
  )
}

/** The default design of small pictures or of photos at the width that the budget and the number of pictures allow. */
export function fitWidth(design: StagedDesign, brief: Brief, size: Size = brief.shape): StagedDesign {
  const isSmall = Math.min(...brief.shape) <= SMALL_EDGE
  const isAffordable = isSmall ? fitsSmall : fitsPhoto
  const candidates = isSmall
    ? SMALL.ladder.map(({ stem, widths }) => ({ ...design, stem: { ...design.stem, width: stem }, widths: [...widths] }))
    : PHOTO.stems.map((stem) => withStem(design, stem))
  const chosen = candidates.filter((candidate) => isAffordable(candidate, brief, size)).at(-1) ?? candidates[0] ?? design
  return { ...chosen, why: { ...design.why, widths: widthReason(brief) } }
}

/** The same net with a stem of `width` channels and stages in the same proportion. */
function withStem(design: StagedDesign, width: number): StagedDesign {
  const widths = design.widths.map((stage) => Math.round((stage / design.stem.width) * width))
  return { ...design, stem: { ...design.stem, width }, widths }
}

function fitsSmall(design: StagedDesign, brief: Brief, size: Size): boolean {
  const samples = brief.trainSeconds * brief.machine.referenceSpeed
  const allowed = SMALL.slack * SMALL.baseCost * (samples / SMALL.samples) ** SMALL.exponent
  const { multiplyAdds, parameters } = roughCost(design, brief.channels, size)
  return multiplyAdds / REFERENCE_MULTIPLY_ADDS <= allowed && parameters <= MAX_PARAMETERS_AN_IMAGE * brief.trainCount
}

/** Convolutions only, the stem taken as 4 x 4, odd sides not rounded: the measure in which the constants of SMALL were set. */
function roughCost(design: StagedDesign, channels: number, [height, width]: Size): Cost {
  const { stem, widths, blocks, halvings } = design
  let places = Math.floor(height / stem.stride) * Math.floor(width / stem.stride)
  const costs = [{ multiplyAdds: 16 * channels * stem.width * places, parameters: 16 * channels * stem.width }]
  for (const [index, after] of widths.entries()) {
    const widening = 9 * (widths[index - 1] ?? stem.width) * after
    const refining = 9 * after * after * (blocks[index] ?? 0)
    const afterwards = index < halvings ? places / 4 : places
    costs.push({ multiplyAdds: widening * places + refining * afterwards, parameters: widening + refining })
    places = afterwards
  }
  return sum(costs)
}

function fitsPhoto({ stem }: StagedDesign, brief: Brief, [height, width]: Size): boolean {
  const samples = (brief.trainSeconds * brief.machine.referenceSpeed * 28 * 28) / (height * width)
  const passes = samples / Math.max(1, brief.trainCount) / (stem.width / PHOTO.referenceStem) ** PHOTO.exponent
  return passes >= PHOTO.passes && PHOTO.parameters * stem.width ** 2 <= MAX_PARAMETERS_AN_IMAGE * brief.trainCount
}

function widthReason(brief: Brief): string {
  return `as wide as ${Math.round(brief.trainSeconds)} s of training on ${brief.trainCount.toLocaleString('en-US')} pictures can afford`
}
