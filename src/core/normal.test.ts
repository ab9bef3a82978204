import { expect, test } from 'vitest'
import oracles from '../../tests/fixtures/statistics/oracles.json' with { type: 'json' }
import { normalCumulative, normalQuantile } from './normal.ts'

test.each(oracles.normal)('a standard normal value is at most %d with the chance that SciPy says', (x = 0, chance = 0) => {
  expect(Math.abs(normalCumulative(x) - chance)).toBeLessThan(1e-14)
})

test.each(oracles.quantiles)('the quantile at %d is the one that SciPy says', (p = 0, x = 0) => {
  expect(normalQuantile(p)).toBeCloseTo(x, 6)
})

test('far out the chance is exactly 0 or 1', () => {
  expect([normalCumulative(-40), normalCumulative(40)]).toEqual([0, 1])
})

test('a chance outside of what can be answered is refused', () => {
  expect(() => normalQuantile(0)).toThrow('a chance must lie in')
  expect(() => normalQuantile(Number.NaN)).toThrow('got NaN')
})
