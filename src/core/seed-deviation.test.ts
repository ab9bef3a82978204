import { expect, test } from 'vitest'
import { someRight } from '../../tests/support/image-results.ts'
import { simulateEvaluation } from '../../tests/support/simulated-evaluations.ts'
import { makeRandom } from './random.ts'
import { estimateSeedDeviation, pairFolds, pairSeeds } from './seed-deviation.ts'
import type { SeedPair } from './seed-deviation.ts'

/** Pairs of trainings whose metric moves by `deviation` from seed to seed, on so many images that these say nothing. */
function drawPairs(count: number, deviation: number, seed: number): SeedPair[] {
  const random = makeRandom(seed)
  const normal = () => Math.sqrt(-2 * Math.log((random() + 1) / 2 ** 32)) * Math.cos((2 * Math.PI * random()) / 2 ** 32)
  return Array.from({ length: count }, () => ({
    difference: normal() * deviation * Math.SQRT2,
    imageVariance: 1e-9,
    seedFactor: 2,
  }))
}

test('before anything is measured it is 0.4 points, and what weighs as much for another metric', () => {
  expect(estimateSeedDeviation([], 'accuracy')).toBeCloseTo(0.004, 12)
  expect(estimateSeedDeviation([], 'log-loss')).toBeCloseTo(0.01, 12)
  expect(estimateSeedDeviation([], 'auc')).toBeCloseTo(0.0004, 12)
})

test.each([0.002, 0.004, 0.012])('many pairs of seeds show a deviation of %d', (deviation) => {
  expect(estimateSeedDeviation(drawPairs(400, deviation, 1), 'accuracy') / deviation).toBeCloseTo(1, 0)
  expect(Math.abs(estimateSeedDeviation(drawPairs(400, deviation, 1), 'accuracy') / deviation - 1)).toBeLessThan(0.12)
})

test('one pair of seeds moves the estimate by a third of the way of its square', () => {
  const pair = { difference: 0.012, imageVariance: 0, seedFactor: 2 }
  expect(estimateSeedDeviation([pair], 'accuracy')).toBeCloseTo(Math.sqrt((2 * 0.004 ** 2 + 0.012 ** 2 / 2) / 3), 12)
})

test('it never falls below 0.1 points', () => {
  const pairs = Array.from({ length: 50 }, () => ({ difference: 0, imageVariance: 1e-5, seedFactor: 2 }))
  expect(estimateSeedDeviation(pairs, 'accuracy')).toBe(0.001)
})

test('a pair on few images says nearly nothing', () => {
  const pair = { difference: 0.03, imageVariance: 0.1 / 100, seedFactor: 2 }
  expect(estimateSeedDeviation([pair], 'accuracy')).toBeCloseTo(0.004, 5)
})

test('seeds of one pipeline make a pair for each evaluation beyond the first on the same images', () => {
  const evaluations = [someRight(100, 90), someRight(100, 92), someRight(100, 91), someRight(100, 91, ['fold1'])]
  const pairs = pairSeeds(evaluations, 'accuracy')
  expect(pairs.map(({ difference }) => difference)).toEqual([expect.closeTo(0.02, 10), expect.closeTo(-0.01, 10)])
  expect(pairs.map(({ seedFactor }) => seedFactor)).toEqual([2, 2])
})

test('two folds that both pipelines were scored on make a pair, from which the worth of the change and the ease of the fold cancel', () => {
  const candidate = [someRight(100, 95, ['fold0']), someRight(200, 150, ['fold1'])]
  const best = [someRight(100, 90, ['fold0']), someRight(200, 136, ['fold1'])]
  const [pair, ...rest] = pairFolds(candidate, best, 'accuracy')
  expect(rest).toEqual([])
  expect(pair?.difference).toBeCloseTo(0.07 - 0.05, 10)
  expect(pair?.seedFactor).toBe(4)
  expect(pairFolds(candidate.slice(0, 1), best, 'accuracy')).toEqual([])
})

test('folds of simulated pipelines give back the deviation that they were made with', () => {
  const deviation = 0.01
  const parts = Array.from({ length: 150 }, (_, fold) => `fold${fold}`)
  const draw = (pipeline: number) =>
    parts.map((part, fold) =>
      simulateEvaluation({ part, n: 3000, accuracy: 0.85, deviation, pipeline, seed: pipeline * 1000 + fold }),
    )
  const pairs = pairFolds(draw(1), draw(2), 'accuracy')
  expect(pairs).toHaveLength(149)
  expect(Math.abs(estimateSeedDeviation(pairs, 'accuracy') / deviation - 1)).toBeLessThan(0.2)
})
