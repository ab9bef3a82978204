import { expect, test } from 'vitest'
import { beliefOf, measuredSets, readMeasurements } from './measured.ts'
import { DATA_MOVES } from './moves-data.ts'
import { MODEL_MOVES } from './moves-model.ts'
import { TRAINING_MOVES } from './moves-training.ts'

const look = (points: number, more: { error?: number; wrong?: number } = {}) => ({
  set: 'a',
  points,
  error: 0.5,
  wrong: 0.1,
  passes: 10,
  ...more,
})

test('measurements of several sets come nearer to certainty, and never nearer than sets lie apart', () => {
  const [one, four] = [beliefOf([look(1)], 10), beliefOf([look(1), look(1), look(1), look(1)], 10)]
  expect(one?.mean).toBeCloseTo(1)
  expect(four?.mean).toBeCloseTo(1)
  expect(four?.deviation).toBeLessThan(one?.deviation ?? 0)
  expect(
    beliefOf(
      Array.from({ length: 100 }, () => look(1, { error: 0.01 })),
      10,
    )?.deviation,
  ).toBeGreaterThan(0.59)
  expect(beliefOf([], 10)).toBeNull()
})

test('a gain counts by the errors there were to mend, a collapse as a plain loss', () => {
  expect(beliefOf([look(2, { wrong: 0.4 })], 10)?.mean).toBeCloseTo(0.5)
  expect(beliefOf([look(-30)], 10)?.mean).toBe(-2)
})

test('what a training of another length brought says less', () => {
  const [same, longer] = [10, 80].map((passes) => beliefOf([look(1)], passes))
  expect(longer?.deviation).toBeGreaterThan(1.4 * (same?.deviation ?? Infinity))
  expect(beliefOf([look(1), { ...look(-1), passes: 80 }], 80)?.mean).toBeLessThan(-0.5)
})

test('what was measured on a set can be left out', () => {
  const sets = measuredSets()
  const [first = ''] = sets
  const left = [...readMeasurements(first).values()].flat()
  expect(new Set(left.map(({ set }) => set))).toEqual(new Set(sets.slice(1)))
})

test('every measurement is of a move that there is', () => {
  const known = new Set([...DATA_MOVES, ...MODEL_MOVES, ...TRAINING_MOVES].map(({ id }) => id))
  expect([...readMeasurements(null).keys()].filter((id) => !known.has(id))).toEqual([])
})
