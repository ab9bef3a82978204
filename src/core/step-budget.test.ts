import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { expectation, stepBudget } from './step-budget.ts'

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
