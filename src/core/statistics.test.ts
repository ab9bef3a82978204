import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { median, sampleDeviation, smallestVisibleGain } from './statistics.ts'

test('more images and more seeds never raise the smallest visible gain', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 20 }), (n, seeds) => {
      const gain = smallestVisibleGain(n, seeds)
      expect(smallestVisibleGain(n + 1, seeds)).toBeLessThan(gain)
      expect(smallestVisibleGain(n, seeds + 1)).toBeLessThan(gain)
    }),
  )
})

test.each([
  [200, 1, 0.041],
  [1000, 1, 0.02],
  [1000, 2, 0.014],
  [10_000, 1, 0.011],
])('with %i images and %i seeds each, gains from %f on can be seen', (n, seeds, gain) => {
  expect(smallestVisibleGain(n, seeds)).toBeCloseTo(gain, 3)
})

test('measured noise replaces the typical one', () => {
  const noise = { imageVariance: 0.054, seedDeviation: 0.002 }
  expect(smallestVisibleGain(1000, 2, noise)).toBeCloseTo(1.644854 * Math.sqrt((0.054 / 1000 + 2 * 0.002 ** 2) / 2), 9)
})

test('the median of an even number of values is the lower middle one', () => {
  expect(median([4, 1, 3, 2])).toBe(2)
  expect(median(Int32Array.of(7, 5, 6))).toBe(6)
})

test('one value has no spread', () => {
  expect(sampleDeviation([3])).toBe(0)
  expect(sampleDeviation([1, 3])).toBeCloseTo(Math.SQRT2, 12)
})
