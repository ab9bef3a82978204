import { mean, sampleDeviation } from './statistics.ts'

export type Interval = { readonly low: number; readonly high: number }

/** 95 % interval of the mean of a normal sample; null where the sample says nothing about its spread. */
export function meanInterval(values: readonly number[]): Interval | null {
  const error = sampleDeviation(values) / Math.sqrt(values.length)
  return error === 0 ? null : around(mean(values), error, values.length - 1)
}

/** 95 % interval of the difference of two means, a - b, by Welch's test; null with fewer than two values on a side, or no spread at all. */
export function differenceInterval(a: readonly number[], b: readonly number[]): Interval | null {
  if (a.length < 2 || b.length < 2) return null
  const [first, second] = [sampleDeviation(a) ** 2 / a.length, sampleDeviation(b) ** 2 / b.length]
  const variance = first + second
  if (variance === 0) return null
  const freedom = variance ** 2 / (first ** 2 / (a.length - 1) + second ** 2 / (b.length - 1))
  // Rounded down, which makes the interval a little too wide rather than too narrow.
  return around(mean(a) - mean(b), Math.sqrt(variance), Math.max(1, Math.floor(freedom + 1e-9)))
}

function around(center: number, error: number, freedom: number): Interval {
  const reach = studentQuantile(freedom) * error
  return { low: center - reach, high: center + reach }
}

const COVERED = 0.95

/** The t that Student's distribution with so many whole degrees of freedom stays within, on both sides, with a chance of 95 %. */
export function studentQuantile(freedom: number): number {
  // tan of an angle below a right one: one degree of freedom needs 85.5 degrees, more need less.
  let [low, high] = [0, Math.PI / 2]
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2
    if (chanceWithin(middle, freedom) < COVERED) low = middle
    else high = middle
  }
  return Math.sqrt(freedom) * Math.tan(low)
}

/** Chance that |t| stays below sqrt(freedom) * tan(angle): the finite sums of Abramowitz and Stegun, 26.7.3 and 26.7.4. */
function chanceWithin(angle: number, freedom: number): number {
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)]
  const isOdd = freedom % 2 === 1
  let term = isOdd ? cos : 1
  let sum = 0
  for (let power = isOdd ? 1 : 0; power <= freedom - 2; power += 2) {
    sum += term
    term *= (cos ** 2 * (power + 1)) / (power + 2)
  }
  return isOdd ? (2 / Math.PI) * (angle + sin * sum) : sin * sum
}
