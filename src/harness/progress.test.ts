import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { RoundProgress, Stopwatch } from './progress.ts'
import type { Progress } from './progress.ts'

test('while two trainings run side by side, the stages add up to the time on the wall', async () => {
  const clock = new Stopwatch()
  const started = performance.now()
  const [one, two] = [clock.lap(), clock.lap()]
  one.enter('start')
  await sleep(30)
  two.enter('train')
  await sleep(60)
  one.stop()
  await sleep(30)
  two.stop()
  const wall = (performance.now() - started) / 1000
  await sleep(30)
  const { start, train, smoke } = clock.seconds
  expect(start + train).toBeCloseTo(wall, 2)
  // Start has the first third and half of the second, train the rest; equal parts, whatever the timers did.
  expect(start / wall).toBeCloseTo(0.5, 1)
  expect(smoke).toBe(0)
})

test('a stage that is entered ends the one before', () => {
  const clock = new Stopwatch()
  const lap = clock.lap()
  lap.enter('start')
  lap.enter('smoke')
  lap.stop()
  lap.stop()
  expect(clock.seconds.predict).toBe(0)
})

test('a round of trainings is one account: it begins once, has the mean share, and predicts when all do', () => {
  const told: Progress[] = []
  const { onProgress } = new RoundProgress([2, 3], 1.6, (progress) => told.push(progress))
  onProgress({ stage: 'train', fold: 3, share: 0, expectedSeconds: 10 })
  onProgress({ stage: 'train', fold: 2, share: 0, expectedSeconds: 10 })
  onProgress({ stage: 'train', fold: 2, share: 0.5 })
  onProgress({ stage: 'predict', fold: 2, share: 0.3 })
  onProgress({ stage: 'predict', fold: 3, share: 0.1 })
  expect(told.map(({ stage, share }) => [stage, share])).toEqual([
    ['train', 0],
    ['train', 0],
    ['train', 0.25],
    ['train', 0.5],
    ['predict', 0.2],
  ])
  expect(told.map((progress) => progress.expectedSeconds)).toEqual([10, undefined, undefined, undefined, undefined])
  expect(told.at(-1)).toMatchObject({ fold: 2, folds: [2, 3], later: 1.6 })
})
