import { expect, test } from 'vitest'
import { TrainingClock } from './training-clock.ts'

test('before the first report the expected time counts, and the start of the first training for each later one', () => {
  const clock = new TrainingClock()
  clock.begin(4, 2)
  expect(clock.share(5)).toBe(0.5)
  expect(clock.secondsLeft(5, 3)).toBe(1 + 3 * (4 + 2))
})

test('a training at half the expected speed is believed, not the expectation', () => {
  const clock = new TrainingClock()
  clock.begin(0, 2)
  clock.report(1, 0.25)
  expect(clock.share(2)).toBe(0.5)
  expect(clock.secondsLeft(2, 0)).toBe(2)
})

test('from the second training on, a whole one lasts as long as those before, prediction included', () => {
  const clock = new TrainingClock()
  clock.begin(4, 2)
  clock.report(6, 1)
  clock.begin(14, 2)
  expect(clock.share(14)).toBe(0)
  expect(clock.secondsLeft(14, 3)).toBe(2 + 3 * 10)
})

test('the clock alone never says that a training is done', () => {
  const clock = new TrainingClock()
  clock.begin(0, 2)
  expect(clock.share(1000)).toBe(0.99)
  clock.report(1000, 1)
  expect(clock.share(1000)).toBe(1)
})
