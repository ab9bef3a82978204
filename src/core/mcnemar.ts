import { normalQuantile } from './normal.ts'

/**
 * Below this many images that only one of two pipelines has right, their difference is judged by the exact binomial distribution
 * and not by its normal approximation.
 */
export const EXACT_BELOW = 25

/**
 * The standard normal value that says the same as the exact distribution about b against c: positive where b > c. It counts the
 * observed outcome by half (mid-p: Fagerland, Lydersen, Laake 2013), which makes swapping b and c negate it.
 */
export function midPDeviate(b: number, c: number): number {
  if (b === c) return 0
  const most = Math.max(b, c)
  const tail = binomialTail(b + c, most) - binomialPoint(b + c, most) / 2
  return Math.sign(b - c) * -normalQuantile(tail)
}

/** Chance of at least k heads in n throws of a fair coin; n < 1000. */
function binomialTail(n: number, k: number): number {
  let tail = 0
  for (let heads = n; heads >= k; heads--) tail += binomialPoint(n, heads)
  return tail
}

function binomialPoint(n: number, k: number): number {
  let chance = 0.5 ** n
  for (let index = 1; index <= k; index++) chance *= (n - k + index) / index
  return chance
}
