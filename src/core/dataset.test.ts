import { expect, test } from 'vitest'
import { absentClasses, channelStatistics, classCounts, foldsOfEvaluation, valCount } from './dataset.ts'
import type { DatasetFacts } from './dataset.ts'

const hash = '0'.repeat(64)
const part = (count: number, sum: number, square: number) => ({
  count,
  classCounts: [count - 1, 1],
  channelSums: [sum],
  channelSquareSums: [square],
  pixelCount: 10 * count,
  sha256: { pixels: hash, shapes: hash, labels: hash },
})
const facts = (scheme: DatasetFacts['scheme']): DatasetFacts => ({
  version: 2,
  name: 'x',
  contentHash: hash,
  classes: ['a', 'b'],
  channels: 1,
  edge: null,
  uniformShape: null,
  scheme,
  testOrigin: 'none',
  tornGroups: 0,
  parts: { fold0: part(4, 20, 15), fold1: part(6, 40, 35) },
  folds: [
    { train: ['fold1'], val: 'fold0', dev: hash },
    { train: ['fold0'], val: 'fold1', dev: hash },
  ],
  sha256: { items: hash, quarantine: hash, card: hash },
})

test('pooled folds are all trained and together give the val images', () => {
  expect(foldsOfEvaluation(facts('pooled'))).toHaveLength(2)
  expect(valCount(facts('pooled'))).toBe(10)
})

test('a class is absent when none of the parts named has an image of it', () => {
  const pooled = facts('pooled')
  const without = { ...part(4, 20, 15), classCounts: [4, 0] }
  expect(absentClasses(pooled, ['fold0', 'fold1'])).toEqual([])
  expect(absentClasses({ ...pooled, parts: { ...pooled.parts, fold0: without } }, ['fold0'])).toEqual(['b'])
})

test('rotating folds begin with the first', () => {
  expect(foldsOfEvaluation(facts('rotating'))).toHaveLength(1)
  expect(valCount(facts('rotating'))).toBe(4)
})

test('each repeat over rotating folds brings the next one, and after the last the first again', () => {
  const numbers = [0, 1, 2, 3].map((repeat) => foldsOfEvaluation(facts('rotating'), repeat).map((fold) => [fold.number, fold.val]))
  expect(numbers).toEqual([[[0, 'fold0']], [[1, 'fold1']], [[0, 'fold0']], [[1, 'fold1']]])
  expect(valCount(facts('rotating'), 1)).toBe(6)
})

test('a repeat over a fixed val, or over pooled folds, rests on the same images', () => {
  for (const scheme of ['fixed', 'pooled'] as const)
    expect(foldsOfEvaluation(facts(scheme), 3)).toEqual(foldsOfEvaluation(facts(scheme), 0))
  expect(foldsOfEvaluation(facts('pooled'), 1).map((fold) => fold.number)).toEqual([0, 1])
})

test('class counts and channel statistics add up over parts', () => {
  expect(classCounts(facts('pooled'), ['fold0', 'fold1'])).toEqual([8, 2])
  const { mean, std } = channelStatistics(facts('pooled'), ['fold0', 'fold1'])
  expect(mean[0]).toBeCloseTo(0.6, 12)
  expect(std[0]).toBeCloseTo(Math.sqrt(0.5 - 0.36), 12)
})
