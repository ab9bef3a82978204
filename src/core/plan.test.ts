import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import type { DatasetFacts } from './dataset.ts'
import { planTime, refitShare } from './plan.ts'
import type { PlanInput } from './plan.ts'

const factsOf = (scheme: DatasetFacts['scheme']) =>
  ({ scheme, folds: Array.from({ length: scheme === 'fixed' ? 1 : 5 }, () => ({})) }) as unknown as DatasetFacts

function inputOf(changes: Partial<PlanInput> = {}): PlanInput {
  return {
    facts: factsOf('rotating'),
    timeSeconds: 1200,
    trainSeconds: null,
    trials: null,
    refit: true,
    refitTimes: null,
    rounds: 1,
    trainCount: 6500,
    shape: [28, 28],
    referenceSpeed: 2600,
    ...changes,
  }
}

test('more time gives more proposals and longer trainings, and what is planned fits into it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 300, max: 100_000 }), fc.constantFrom('fixed', 'rotating', 'pooled'), (timeSeconds, scheme) => {
      const rounds = scheme === 'pooled' ? 3 : 1
      const [one, two] = [timeSeconds, 2 * timeSeconds].map((time) =>
        planTime(inputOf({ timeSeconds: time, facts: factsOf(scheme), rounds })),
      )
      expect(two?.proposals).toBeGreaterThanOrEqual(one?.proposals ?? 0)
      expect(two?.trainSeconds).toBeGreaterThanOrEqual(one?.trainSeconds ?? 0)
      expect((one?.proposals ?? 0) * (one?.trainSeconds ?? 0)).toBeLessThan(timeSeconds)
    }),
  )
})

test('seconds that the user gives are taken, and decide how many proposals fit', () => {
  const [short, long] = [10, 60].map((trainSeconds) => planTime(inputOf({ trainSeconds })))
  expect([short?.trainSeconds, long?.trainSeconds]).toEqual([10, 60])
  expect(short?.proposals).toBeGreaterThan(3 * (long?.proposals ?? 0))
})

test('a number of proposals that the user gives shares the time out among them', () => {
  const plan = planTime(inputOf({ trials: 4 }))
  expect(plan.proposals).toBe(4)
  expect(plan.trainSeconds).toBeGreaterThan(planTime(inputOf()).trainSeconds)
})

test('trainings too short to rank pipelines on so many images are said, with the time that would do', () => {
  const many = { facts: factsOf('fixed'), trainCount: 90_000, shape: [64, 64] as const }
  const plan = planTime(inputOf({ ...many, timeSeconds: 300 }))
  expect(plan.neededTimeSeconds).toBeGreaterThan(300)
  expect(planTime(inputOf({ ...many, timeSeconds: plan.neededTimeSeconds ?? 0 })).neededTimeSeconds).toBeNull()
})

test('what is shipped is trained longer where that leaves three quarters of the time to the search', () => {
  fc.assert(
    fc.property(fc.integer({ min: 300, max: 100_000 }), fc.constantFrom('fixed', 'rotating', 'pooled'), (timeSeconds, scheme) => {
      const { refitTimes, trainSeconds } = planTime(inputOf({ timeSeconds, facts: factsOf(scheme) }))
      const seconds = 2 * refitTimes * refitShare(scheme) * trainSeconds
      expect(refitTimes === 1 || seconds <= timeSeconds / 4).toBe(true)
      expect(planTime(inputOf({ timeSeconds, facts: factsOf(scheme), refit: false })).trainSeconds).toBeGreaterThanOrEqual(
        trainSeconds,
      )
    }),
  )
  expect(planTime(inputOf({ facts: factsOf('pooled') })).refitTimes).toBe(4)
  expect(planTime(inputOf({ refitTimes: 7 })).refitTimes).toBe(7)
})
