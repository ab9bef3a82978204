const TAU = 2 * Math.PI

/** Two-sided 95 % of the standard normal distribution. */
export const Z_95 = 1.959964
/** One-sided 95 %. */
export const Z_ONE_SIDED_95 = 1.644854
/** One-sided 90 %. */
export const Z_ONE_SIDED_90 = 1.281552

/** Chance that a standard normal value is at most x; absolute error below 1e-15 for |x| <= 8 (series of Marsaglia, 2004). */
export function normalCumulative(x: number): number {
  if (x < -8) return 0
  if (x > 8) return 1
  let [sum, term] = [x, x]
  for (let odd = 3; sum + term !== sum; odd += 2) {
    term *= (x * x) / odd
    sum += term
  }
  return 0.5 + sum * normalDensity(x)
}

export function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(TAU)
}

/** The x below which a standard normal value lies with chance p, 1e-9 <= p <= 1 - 1e-9 (Newton's method). */
export function normalQuantile(p: number): number {
  if (!(p >= 1e-9 && p <= 1 - 1e-9)) throw new RangeError(`a chance must lie in 1e-9..1 - 1e-9, got ${p}`)
  let x = 0
  for (let round = 0; round < 100; round++) {
    const step = (normalCumulative(x) - p) / normalDensity(x)
    // Far out Newton's method would leap over the other side; one unit at a time it walks there.
    x -= Math.max(-1, Math.min(1, step))
    if (Math.abs(step) < 1e-12) return x
  }
  return x
}
