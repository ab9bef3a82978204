import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { machineWith } from './machine.ts'
import type { Machine } from './machine.ts'
import { planRounds, roundsFrom, secondsOfTraining } from './rounds.ts'

/** Rates by threads; bfloat16 is measured twice as fast as the plain way. */
const machineOf = (speeds: Readonly<Record<number, number>>, threads = Math.max(...Object.keys(speeds).map(Number))): Machine => ({
  device: 'cpu',
  threads,
  dtype: 'bfloat16',
  channelsLast: true,
  referenceSpeed: speeds[threads] ?? 1,
  rates: Object.entries(speeds).flatMap(([count, speed]) => [
    { threads: Number(count), dtype: 'float32', channelsLast: false, imagesPerSecond: speed / 2 },
    { threads: Number(count), dtype: 'bfloat16', channelsLast: true, imagesPerSecond: speed },
  ]),
})

const shape = (rounds: ReturnType<typeof planRounds>) => rounds.map(({ count, machine }) => [count, machine.threads])

test('five folds on two cores run two at a time, and the last one on both cores', () => {
  const rounds = planRounds(5, machineOf({ 1: 1500, 2: 2500 }), 2)
  expect(shape(rounds)).toEqual([
    [2, 1],
    [2, 1],
    [1, 2],
  ])
  expect(rounds.map((round) => round.speedup)).toEqual([1, 1, 2500 / 1500])
  // Two rounds and three fifths of one.
  expect(secondsOfTraining(26, rounds)).toBeCloseTo(10, 9)
  expect(roundsFrom(rounds, 2)).toBeCloseTo(0.6, 9)
})

test('trainings run one after another where a second thread doubles the speed', () => {
  const rounds = planRounds(5, machineOf({ 1: 1250, 2: 2500 }), 2)
  expect(shape(rounds)).toEqual(Array.from({ length: 5 }, () => [1, 2]))
  expect(secondsOfTraining(10, rounds)).toBe(2)
})

test('one training has the machine for itself, used as it was measured to be best', () => {
  expect(shape(planRounds(1, machineOf({ 1: 1500, 2: 2500 }), 2))).toEqual([[1, 2]])
  expect(shape(planRounds(1, machineOf({ 1: 1500, 2: 1000 }, 1), 2))).toEqual([[1, 1]])
})

test('a machine of which one way is known trains one fold at a time', () => {
  const { rates: _, ...plain } = machineOf({ 2: 2500 })
  expect(shape(planRounds(5, plain, 2))).toEqual(Array.from({ length: 5 }, () => [1, 2]))
})

test('an accelerator is not shared', () => {
  expect(shape(planRounds(5, { ...machineOf({ 4: 9000 }), device: 'cuda' }, 4))).toEqual(Array.from({ length: 5 }, () => [1, 4]))
})

test('the variant of fewer threads is the fastest that was measured for them, the plain one when others gain little', () => {
  const machine = machineOf({ 1: 1500, 2: 2500 })
  expect(machineWith(machine, 1)).toEqual({
    device: 'cpu',
    threads: 1,
    dtype: 'bfloat16',
    channelsLast: true,
    referenceSpeed: 1500,
  })
  const rates = [
    { threads: 1, dtype: 'float32', channelsLast: false, imagesPerSecond: 1000 },
    { threads: 1, dtype: 'float32', channelsLast: true, imagesPerSecond: 1040 },
  ]
  expect(machineWith({ ...machine, rates }, 1)).toMatchObject({ channelsLast: false, referenceSpeed: 1000 })
  expect(machineWith(machine, 3)).toBeNull()
})

test('no round wants more threads than there are cores, all trainings are planned, and none is slower than one after another', () => {
  const speed = fc.integer({ min: 100, max: 10_000 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 64 }), speed, speed, (trainings, cores, all, half) => {
      const machine = machineOf({ [Math.max(1, Math.floor(cores / 2))]: half, [cores]: all })
      const rounds = planRounds(trainings, machine, cores)
      const wall = rounds.reduce((total, round) => total + 1 / round.machine.referenceSpeed, 0)
      expect(rounds.reduce((total, round) => total + round.count, 0)).toBe(trainings)
      expect(rounds.every((round) => round.count * round.machine.threads <= cores)).toBe(true)
      expect(wall).toBeLessThanOrEqual(trainings / machine.referenceSpeed + 1e-12)
    }),
  )
})
