/** Quantile of the standard normal distribution. */
const Z_ONE_SIDED_95 = 1.644854

/** Share of images on which two equally good pipelines disagree; a typical value, measured anew once there are pairs. */
const DISAGREEMENT = 0.12
/** Standard deviation of accuracy over seeds of one pipeline (0.4 points); likewise a prior. */
const SEED_DEVIATION = 0.004

/**
 * The smallest true gain in accuracy (0..1) that a paired comparison on `n` images tells from luck, one-sided 5 %,
 * when each of the two pipelines is trained with `seeds` seeds.
 */
export function smallestVisibleGain(n: number, seeds: number): number {
  return Z_ONE_SIDED_95 * Math.sqrt((DISAGREEMENT / n + 2 * SEED_DEVIATION ** 2) / seeds)
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
