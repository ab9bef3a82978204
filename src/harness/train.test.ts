import { expect, test } from 'vitest'
import { outerDeadline } from './train.ts'

test('a refit of many times the steps of a scored training has the time that they take', () => {
  const pace = { steps: 3000, imagesPerSecond: 100, batchSize: 100, cpuSecondsPerImage: null }
  expect(outerDeadline({ pace, trainSeconds: 30 })).toBeGreaterThan(4 * 2 * 3000)
  expect(outerDeadline({ pace: { ...pace, steps: 30 }, trainSeconds: 30 })).toBe(900)
  expect(outerDeadline({ pace: null, trainSeconds: 30 })).toBe(900)
})
