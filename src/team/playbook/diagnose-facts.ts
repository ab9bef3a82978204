import type { CurvePoint } from '../../core/evaluation.ts'
import { formatCount, formatPercent } from '../../core/format.ts'
import type { Bottleneck } from './move.ts'
import type { Evidence } from '../../core/team.ts'

/** One thing that the evidence says holds the best pipeline back. */
export type Finding = {
  readonly bottleneck: Bottleneck
  /** 0: not at all; 1: it is what the pipeline suffers from. */
  readonly weight: number
  /** One sentence with its numbers. */
  readonly sentence: string
}

/** A measured share of `n` images, 0..1, with what is likely to be true: `centre` and its standard error. */
export type Share = { readonly value: number; readonly n: number; readonly centre: number; readonly error: number }

/** What the findings rest on, taken out of the evidence once. */
export type Facts = {
  readonly evidence: Evidence
  /** Accuracy at the end of the training on some of its own images, unchanged by augmentation. */
  readonly train: Share | null
  readonly dev: Share | null
  /** Null where the metric is not a share of images. */
  readonly val: Share | null
  /** How often the training saw each image. */
  readonly passes: number
  readonly classCount: number
}

/** About how many images a look at the curve rests on; the training process takes 32 to 1,024 of them and does not say. */
const LOOK_IMAGES = 400

export function factsOf(evidence: Evidence): Facts {
  const { brief, best } = evidence
  const last = best.curve.at(-1)
  const train = last?.trainAccuracy ?? null
  return {
    evidence,
    train: train === null ? null : share(train, Math.min(LOOK_IMAGES, brief.trainCount)),
    dev: devShare(evidence, last),
    val: brief.metric === 'accuracy' || brief.metric === 'balanced-accuracy' ? share(best.valScore, brief.valCount) : null,
    passes: passesOf(evidence),
    classCount: brief.classes.length,
  }
}

/** How often the training of the best looked at each image. */
export function passesOf({ brief, best }: Evidence): number {
  return (best.steps * best.batchSize) / Math.max(1, brief.trainCount)
}

/** The whole dev split where it was measured, else the last look at a part of it. */
function devShare({ best }: Evidence, last: CurvePoint | undefined): Share | null {
  if (best.dev !== null && best.dev.n > 0) return share(best.dev.right / best.dev.n, best.dev.n)
  const seen = last?.devAccuracy ?? null
  return seen === null ? null : share(seen, LOOK_IMAGES)
}

/** Centre and error count one more right and one more wrong image, so that 20 of 20 is not certain (after Agresti and Coull 1998). */
export function share(value: number, n: number): Share {
  const centre = (value * n + 1) / (n + 2)
  return { value, n, centre, error: Math.sqrt((centre * (1 - centre)) / (n + 2)) }
}

/** How much of `a - b` is left when one standard error of the difference is taken off; 0 when nothing is. */
export function sureDifference(a: Share, b: Share): number {
  return Math.max(0, a.centre - b.centre - Math.hypot(a.error, b.error))
}

/** 0 up to `from`, 1 from `to` on, straight between; `to` may be the smaller. */
export function ramp(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)))
}

export function passesText(passes: number): string {
  return `${passes < 10 ? passes.toFixed(1) : formatCount(passes)} passes over the images`
}

export function shareText({ value, n }: Share): string {
  return `${formatPercent(value)} (n = ${formatCount(n)})`
}
