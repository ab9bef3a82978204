import { Z_ONE_SIDED_95 } from './normal.ts'

/** What hides a gain, in the metric's unit. */
export type Noise = {
  /** Variance over images of the difference between two equally good pipelines, one seed each; for accuracy the share on which they disagree. */
  readonly imageVariance: number
  /** Standard deviation of the metric of one evaluation over seeds of one pipeline. */
  readonly seedDeviation: number
}

/** Accuracy: equal pipelines disagree on 12 % of images, seeds differ by 0.4 points; typical values, used until there are measured ones. */
const TYPICAL_NOISE: Noise = { imageVariance: 0.12, seedDeviation: 0.004 }

/**
 * The smallest true gain in the metric that a paired comparison tells from luck, one-sided 5 %, when each of the two pipelines is
 * trained with `seeds` seeds, each evaluated on `n` images: different ones where folds rotate. On the same images each time, more
 * seeds help a little less than this says.
 */
export function smallestVisibleGain(n: number, seeds: number, noise: Noise = TYPICAL_NOISE): number {
  return Z_ONE_SIDED_95 * Math.sqrt((noise.imageVariance / n + 2 * noise.seedDeviation ** 2) / seeds)
}

export function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length
}

/** Standard deviation of a sample (n - 1 in the denominator); 0 for fewer than two values. */
export function sampleDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0
  const center = mean(values)
  return Math.sqrt(values.reduce((total, value) => total + (value - center) ** 2, 0) / (values.length - 1))
}

/** The middle value, the lower of two; `values` is not empty. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[(sorted.length - 1) >> 1] ?? Number.NaN
}
