import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import oracles from '../../tests/fixtures/statistics/oracles.json' with { type: 'json' }
import { midPDeviate } from './mcnemar.ts'
import { normalCumulative } from './normal.ts'

test.each(oracles.mcnemar)(
  '%d images against %d are as surprising as the exact binomial test of SciPy says',
  (b = 0, c = 0, midP = 0) => {
    expect(normalCumulative(-Math.abs(midPDeviate(b, c))) / midP).toBeCloseTo(1, 6)
    expect(Math.sign(midPDeviate(b, c))).toBe(Math.sign(b - c))
  },
)

test('swapping the two sides turns the sign, and one image more is always better', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 }), (b, c) => {
      expect(midPDeviate(b, c)).toBeCloseTo(-midPDeviate(c, b), 12)
      expect(midPDeviate(b + 1, c)).toBeGreaterThan(midPDeviate(b, c))
    }),
  )
})

test('with many images it comes to the normal approximation', () => {
  expect(midPDeviate(130, 100)).toBeCloseTo(30 / Math.sqrt(230), 1)
})
