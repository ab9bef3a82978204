import { expect, test } from 'vitest'
import { SCHEMES, simulate } from '../benchmarks/keep-rule/simulate.ts'
import { makeWorld } from '../benchmarks/keep-rule/world.ts'

const CELL = { n: 350, effect: 0, deviation: 0.004, assumed: 0.004 } as const
const COUNT = 1200

test.each(SCHEMES)(
  '%s: of changes that do nothing, balanced keeps a quarter where the paper keeps half, and confirms 1 in 20',
  (scheme) => {
    const { paper, balanced } = simulate(makeWorld(1), { ...CELL, scheme }, COUNT)
    // A tie is rejected, so that the paper's share lies below a half.
    expect(paper.kept).toBeGreaterThan(0.35)
    expect(paper.kept).toBeLessThan(0.55)
    expect(balanced.kept).toBeLessThan(0.3)
    expect(balanced.confirmed).toBeLessThan(0.075)
    expect(balanced.evaluations).toBeLessThan(1.7)
  },
)

test.each(SCHEMES)('%s: a change worth 4 points is kept by both, one that costs 4 points hardly ever by balanced', (scheme) => {
  const better = simulate(makeWorld(2), { ...CELL, scheme, effect: 0.04 }, COUNT / 4)
  expect(Math.min(better.paper.kept, better.balanced.kept)).toBeGreaterThan(0.9)
  expect(better.balanced.confirmed).toBeGreaterThan(0.7)
  expect(simulate(makeWorld(3), { ...CELL, scheme, effect: -0.04 }, COUNT / 4).balanced.kept).toBeLessThan(0.02)
})
