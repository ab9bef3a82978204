import type { DataDesign, Size } from './data-design.ts'
import type { Situation } from './move.ts'

/**
 * Nanoseconds for each value of a picture that the model sees, on one thread of a machine whose reference speed is REFERENCE_SPEED,
 * at 96 x 96 RGB; what an operation costs that changes a share of the pictures is counted for that share.
 */
const COST = {
  window: 2.5,
  shift: 2.9,
  flip: 0.7,
  quarterTurns: 1.2,
  affine: 5,
  policy: 4.5,
  light: 1,
  colour: 2.6,
  grey: 0.5,
  blur: 9,
  noise: 4.6,
  standardize: 1.3,
  stretch: 3,
  square: 0.7,
  mixup: 2.9,
  cutmix: 1.9,
} as const
const REFERENCE_SPEED = 2600
/** Values of the pictures whose images per second are the machine's reference speed. */
const REFERENCE_VALUES = 28 * 28

/** Seconds a step of the design `after` against `before`: what its operations cost beside what the whole step takes. */
export function dataCostRatio(before: DataDesign, after: DataDesign, situation: Situation): number {
  const secondsAnImage = 1 / imagesPerSecond(before.imageSize, situation)
  const own = (design: DataDesign) => secondsOfData(design, situation)
  const net = Math.max(0, secondsAnImage - own(before))
  return (net * (area(after.imageSize) / area(before.imageSize)) + own(after)) / (net + own(before))
}

/** Of one training: as measured, or else as the machine's reference speed lets expect. */
export function imagesPerSecond(imageSize: Size, { brief, evidence }: Situation): number {
  return evidence?.best.imagesPerSecond ?? (brief.machine.referenceSpeed * REFERENCE_VALUES) / area(imageSize)
}

function secondsOfData(design: DataDesign, { brief }: Situation): number {
  const values = area(design.imageSize) * brief.channels
  return (nanoseconds(design) * values * 1e-9 * REFERENCE_SPEED) / brief.machine.referenceSpeed
}

function nanoseconds(design: DataDesign): number {
  const { window, shift, mirror, verticalFlip, quarterTurns, affine, policy, colour, greyShare, blur, noise, normalisation } =
    design
  const isTurned = (colour?.saturation ?? 0) > 0 || (colour?.hue ?? 0) > 0
  const costs = [
    window === null ? 0 : COST.window,
    shift === null ? 0 : COST.shift,
    mirror > 0 ? COST.flip : 0,
    verticalFlip > 0 ? COST.flip : 0,
    quarterTurns ? COST.quarterTurns : 0,
    affine === null ? 0 : COST.affine,
    policy === null ? 0 : COST.policy,
    colour === null ? 0 : isTurned ? COST.colour : COST.light,
    greyShare > 0 ? COST.grey : 0,
    blur === null ? 0 : COST.blur * blur.share,
    noise > 0 ? COST.noise : 0,
    { dataset: 0, 'per-image': COST.standardize, stretch: COST.stretch }[normalisation],
    (design.cutout?.count ?? 0) * COST.square,
    design.mixup > 0 ? COST.mixup : 0,
    design.cutmix > 0 ? COST.cutmix : 0,
  ]
  return costs.reduce((total, cost) => total + cost, 0)
}

function area([height, width]: Size): number {
  return height * width
}
