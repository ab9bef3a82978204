import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sampleCall, stampTimed, tellRun } from '../../tests/support/compared-run.ts'
import type { Proposed } from '../../tests/support/compared-run.ts'
import { bestSoFar, meanSteps, stepsOn, valueAt } from './compare-runs-curve.ts'
import type { Steps } from './compare-runs-curve.ts'

const curveOf = (proposals: readonly Proposed[], isFinished = true, metric: 'accuracy' | 'log-loss' = 'accuracy') => {
  const curve = bestSoFar(stampTimed(tellRun({ baseline: 0.8, proposals, test: isFinished ? [0.8, 0.8] : null })), metric)
  if (curve === null) throw new Error('nothing was scored')
  return curve
}

const anyProposal = fc.record({
  val: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null, freq: 4 }),
  isKept: fc.boolean(),
  isRepaired: fc.boolean(),
})
/** What failed is never kept. */
const anyProposals = fc.array(
  anyProposal.map((each) => ({ ...each, isKept: each.isKept && each.val !== null })),
  { maxLength: 12 },
)

test('the curve begins with the score of the baseline and has one point a decision', () => {
  const { points, end, n, isOver } = curveOf([{ val: 0.9, isKept: true }, { val: 0.95 }, { val: null }])
  expect(points.map(({ trials, seconds, value }) => [trials, seconds, value])).toEqual([
    [0, 100, 0.8],
    [1, 200, 0.9],
    [2, 300, 0.9],
    [3, 400, 0.9],
  ])
  expect({ end, n, isOver }).toEqual({ end: { trials: 3, seconds: 400, usd: 0 }, n: 1050, isOver: true })
})

test('nothing scored, no curve', () => {
  expect(bestSoFar(stampTimed(tellRun({ baseline: 0.8, proposals: [], test: null })).slice(0, 3), 'accuracy')).toBeNull()
})

test('best so far never gets worse, and never better than the best that was kept', () => {
  fc.assert(
    fc.property(anyProposals, fc.constantFrom('accuracy' as const, 'log-loss' as const), (proposals, metric) => {
      const sign = metric === 'log-loss' ? -1 : 1
      const values = curveOf(proposals, true, metric).points.map(({ value }) => sign * value)
      for (const [index, value] of values.slice(1).entries()) expect(value).toBeGreaterThanOrEqual(values[index]!)
      const kept = proposals.flatMap(({ val, isKept }) => (isKept && val !== null ? [sign * val] : []))
      expect(values.at(-1)).toBe(Math.max(sign * 0.8, ...kept))
    }),
  )
})

test('dollars add up to the decision; a call without a price, or one that is replayed, leaves them unknown from the first on', () => {
  const paid = curveOf([
    { val: 0.9, calls: [{ usd: 0.25 }, { usd: 0.5 }] },
    { val: 0.9, calls: [{ usd: 1 }] },
  ])
  expect(stepsOn(paid, 'usd')?.xs).toEqual([0, 0.75, 1.75])
  expect(stepsOn(curveOf([{ val: 0.9, calls: [sampleCall({ usd: null })] }]), 'usd')).toBeNull()
  expect(stepsOn(curveOf([{ val: 0.9, calls: [sampleCall({ isReplayed: true })] }]), 'usd')).toBeNull()
  expect(stepsOn(curveOf([{ val: 0.9, calls: [sampleCall({ usd: null })] }]), 'seconds')?.xs).toEqual([100, 200])
})

test('a value holds from its step to the next; a search that has ended keeps its best, one that goes on does not', () => {
  const steps: Steps = { xs: [1, 3], values: [0.5, 0.7], end: 4, isOver: true }
  expect([0.9, 1, 2.9, 3, 4, 99].map((x) => valueAt(steps, x))).toEqual([null, 0.5, 0.5, 0.7, 0.7, 0.7])
  expect(valueAt({ ...steps, isOver: false }, 4)).toBe(0.7)
  expect(valueAt({ ...steps, isOver: false }, 4.1)).toBeNull()
})

test('the last of several steps at one place holds there', () => {
  expect(valueAt({ xs: [0, 0, 0], values: [0.5, 0.6, 0.7], end: 0, isOver: true }, 0)).toBe(0.7)
})

test('the mean begins where all have begun and ends where the first unfinished one stands', () => {
  const first: Steps = { xs: [1, 3], values: [0.5, 0.7], end: 10, isOver: true }
  const second: Steps = { xs: [2, 6], values: [0.6, 0.9], end: 5, isOver: false }
  const deviations = [0.1 / Math.SQRT2, 0.1 / Math.SQRT2, 0.1 / Math.SQRT2]
  const points = meanSteps([first, second])
  expect(points.map(({ x }) => x)).toEqual([2, 3, 5])
  expect(points.map(({ mean }) => mean.toFixed(3))).toEqual(['0.550', '0.650', '0.650'])
  for (const [index, { deviation }] of points.entries()) expect(deviation).toBeCloseTo(deviations[index]!, 9)
  expect(meanSteps([first]).map(({ x, deviation }) => [x, deviation])).toEqual([
    [1, null],
    [3, null],
    [10, null],
  ])
  expect(meanSteps([first, { ...second, xs: [20], values: [0.1], end: 30 }]).map(({ x }) => x)).toEqual([20, 30])
})

test('a mean of curves that never fall never falls, and lies between the lowest and the highest', () => {
  const anySteps = fc
    .array(fc.tuple(fc.double({ min: 0, max: 100, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })), {
      minLength: 1,
      maxLength: 8,
    })
    .chain((pairs) =>
      fc.record({ room: fc.double({ min: 0, max: 50, noNaN: true }), isOver: fc.boolean() }).map(({ room, isOver }): Steps => {
        const xs = pairs.map(([x]) => x).toSorted((a, b) => a - b)
        const values = pairs.map(([, value]) => value).toSorted((a, b) => a - b)
        return { xs, values, end: (xs.at(-1) ?? 0) + room, isOver }
      }),
    )
  fc.assert(
    fc.property(fc.array(anySteps, { minLength: 1, maxLength: 5 }), (curves) => {
      const points = meanSteps(curves)
      for (const { x, mean } of points) {
        const values = curves.map((curve) => valueAt(curve, x)!)
        expect(values).not.toContain(null)
        expect(mean).toBeGreaterThanOrEqual(Math.min(...values) - 1e-12)
        expect(mean).toBeLessThanOrEqual(Math.max(...values) + 1e-12)
      }
      for (const [index, point] of points.slice(1).entries()) {
        expect(point.mean).toBeGreaterThanOrEqual(points[index]!.mean)
        expect(point.x).toBeGreaterThan(points[index]!.x)
      }
    }),
  )
})
