import { deriveSeed } from './seeds.ts'

/** Evenly spread whole numbers of 0..2^32-1, always the same ones for a seed; for simulation and resampling, not for secrets. */
export type Random = () => number

/** xoshiro128** of Blackman and Vigna (2018): fast enough for tens of millions of draws. */
export function makeRandom(seed: number): Random {
  let [a = 0, b = 0, c = 0, d = 0] = [0, 1, 2, 3].map((word) => deriveSeed(seed, 'random', word) | 0)
  // The state must not be all zeros.
  d |= 1
  return () => {
    const product = Math.imul(b, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9)
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result >>> 0
  }
}

/** A whole number of 0..limit-1. Some come up more often than others by limit / 2^32 of their share: nothing for any count of images. */
export function drawBelow(random: Random, limit: number): number {
  return Math.floor((random() * limit) / 2 ** 32)
}
