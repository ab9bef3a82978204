import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { expectation, extendDeadline, stepBudget, stepsOfEqualCompute, utmostSeconds } from './step-budget.ts'

const throughput = fc.record({
  imagesPerSecond: fc.double({ min: 1, max: 1e6, noNaN: true }),
  batchSize: fc.integer({ min: 1, max: 4096 }),
})

test('the steps of a budget fit into its seconds, unless even the fewest do not', () => {
  fc.assert(
    fc.property(fc.double({ min: 1, max: 1e5, noNaN: true }), throughput, (seconds, speed) => {
      const budget = stepBudget(seconds, speed)
      expect(budget.steps === 10 || budget.expectedSeconds <= seconds * 1.000001).toBe(true)
    }),
  )
})

test('60 seconds at 6,400 images a second and batch 128 are 2,880 steps, with 4 % kept for looks', () => {
  const budget = stepBudget(60, { imagesPerSecond: 6400, batchSize: 128 })
  expect(budget.steps).toBe(2880)
  expect(budget.expectedSeconds).toBeCloseTo(60, 6)
  expect(budget.deadlineSeconds).toBeCloseTo(150, 6)
})

test('a pipeline that is too slow for its budget still takes a few steps', () => {
  expect(stepBudget(1, { imagesPerSecond: 1, batchSize: 64 }).steps).toBe(10)
})

test('the deadline of given steps is more than twice what they should take', () => {
  const { expectedSeconds, deadlineSeconds } = expectation(500, { imagesPerSecond: 100, batchSize: 10 })
  expect(deadlineSeconds).toBeGreaterThan(2 * expectedSeconds)
})

const base = { steps: 600, imagesPerSecond: 2000, cpuSecondsPerImage: 0.001, batchSize: 128 }

test.each([
  ['as dear as the base', { cpuSecondsPerImage: 0.00105 }, 600],
  ['twice as dear', { cpuSecondsPerImage: 0.002 }, 300],
  ['half as dear', { cpuSecondsPerImage: 0.0005 }, 1200],
  ['in batches of half the size', { batchSize: 64 }, 1200],
])('at equal compute a change that is %s makes its number of steps', (_name, measured, steps) => {
  expect(stepsOfEqualCompute(base, { ...base, ...measured })).toBe(steps)
})

test('a speed by the clock says nothing about equal compute', () => {
  expect(stepsOfEqualCompute(base, { ...base, imagesPerSecond: 700 })).toBe(600)
  expect(stepsOfEqualCompute(base, { ...base, cpuSecondsPerImage: null })).toBeNull()
})

test('a training is given longer as far as its own pace says that it will end, and never without end', () => {
  expect(extendDeadline(50, 20, 0.5)).toBe(60)
  expect(extendDeadline(50, 20, 0.8)).toBe(50)
  expect(extendDeadline(50, 40, 0.01)).toBe(50)
  const share = fc.double({ min: 1e-6, max: 1, noNaN: true })
  const seconds = fc.double({ min: 1, max: 1e5, noNaN: true })
  fc.assert(
    fc.property(seconds, seconds, share, (deadline, elapsed, done) => {
      const extended = extendDeadline(deadline, elapsed, done)
      expect(extended).toBeGreaterThanOrEqual(deadline)
      expect(extended).toBeLessThanOrEqual(utmostSeconds(deadline))
    }),
  )
})
