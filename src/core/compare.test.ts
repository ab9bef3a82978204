import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import oracles from '../../tests/fixtures/statistics/oracles.json' with { type: 'json' }
import { drawResults, fromLogits, permute, resultsOf, someRight } from '../../tests/support/image-results.ts'
import { compareResults } from './compare.ts'
import type { ImageResults } from './evaluation.ts'
import { METRIC_NAMES } from './outcome.ts'
import { chooseRows } from './seeds.ts'

const EACH_METRIC = METRIC_NAMES.map((metric) => [metric] as const)
/** Small enough to leave the standard error to the images. */
const NO_SEEDS = 1e-9

describe('against SciPy, scikit-learn and a bootstrap in numpy', () => {
  const EDGE = 0.25
  const labels = Int32Array.from(oracles.images.labels)
  const read = (quarters: readonly number[]) =>
    fromLogits(
      labels,
      Float32Array.from(quarters, (value) => value * EDGE),
      4,
    )
  const candidate = oracles.images.candidate.map(read)
  const best = oracles.images.best.map(read)

  test.each(EACH_METRIC)('the difference in %s with one seed is theirs', (metric) => {
    const { delta } = compareResults(candidate.slice(0, 1), best.slice(0, 1), metric, NO_SEEDS)
    expect(delta).toBeCloseTo(oracles.expected[metric].oneSeed, metric === 'log-loss' ? 6 : 10)
  })

  test.each(EACH_METRIC)('the difference in %s with two seeds is the mean of theirs', (metric) => {
    const { delta } = compareResults(candidate, best, metric, NO_SEEDS)
    // F1 of the joint counts of the seeds is not quite the mean of their F1.
    expect(delta).toBeCloseTo(oracles.expected[metric].meanOfSeeds, metric === 'macro-f1' ? 2 : 6)
  })

  test.each(EACH_METRIC)('the standard error over images in %s is theirs', (metric) => {
    const { standardError } = compareResults(candidate.slice(0, 1), best.slice(0, 1), metric, NO_SEEDS)
    const ratio = standardError / oracles.expected[metric].bootstrapError
    expect(ratio).toBeGreaterThan(0.93)
    expect(ratio).toBeLessThan(1.07)
  })
})

describe.each(EACH_METRIC)('%s', (metric) => {
  const draw = (seed: number, skill: number, parts?: readonly string[]) =>
    drawResults({ n: 150, classCount: 3, seed, skill, ...(parts === undefined ? {} : { parts }) })

  test('swapping candidate and best negates the difference and z', () => {
    const [candidate, best] = [[draw(1, 0.6)], [draw(2, 0.4), draw(3, 0.4)]]
    const forth = compareResults(candidate, best, metric, 0.004)
    const back = compareResults(best, candidate, metric, 0.004)
    expect(back.delta).toBeCloseTo(-forth.delta, 12)
    expect(back.z).toBeCloseTo(-forth.z, 10)
    expect(back.low).toBeCloseTo(-forth.high, 12)
    expect([back.newlyRight, back.newlyWrong]).toEqual([forth.newlyWrong, forth.newlyRight])
    expect(back.disagreement).toBeCloseTo(forth.disagreement, 12)
  })

  test('a pipeline against itself comes to nothing', () => {
    const results = [draw(1, 0.5), draw(2, 0.5)]
    expect(compareResults(results, results, metric, 0.004)).toMatchObject({ delta: 0, z: 0, newlyRight: 0, newlyWrong: 0 })
  })

  test('four times the images with the same answers halve the interval', () => {
    const four = (results: ImageResults) =>
      permute(
        results,
        [...Array(600).keys()].map((image) => image % 150),
      )
    const [candidate, best] = [draw(1, 0.6), draw(2, 0.4)]
    const few = compareResults([candidate], [best], metric, NO_SEEDS)
    const many = compareResults([four(candidate)], [four(best)], metric, NO_SEEDS)
    expect(many.delta).toBeCloseTo(few.delta, 10)
    // Tied scores meet in pairs of copies, and a resampled standard error spreads by 2 %.
    expect(many.standardError / few.standardError).toBeGreaterThan(0.46)
    expect(many.standardError / few.standardError).toBeLessThan(0.54)
  })

  test('the order of the images changes nothing', () => {
    const order = chooseRows(150, 150, 5)
    const [candidate, best] = [[draw(1, 0.6), draw(4, 0.6)], [draw(2, 0.4)]]
    const one = compareResults(candidate, best, metric, 0.004)
    const shuffle = (results: readonly ImageResults[]) => results.map((entry) => permute(entry, order))
    const other = compareResults(shuffle(candidate), shuffle(best), metric, 0.004)
    expect(other.delta).toBeCloseTo(one.delta, 12)
    // Resampling draws other images then, which moves a standard error by 2 %.
    const isResampled = metric === 'auc' || metric === 'macro-f1'
    expect(other.standardError / one.standardError).toBeCloseTo(1, isResampled ? 1 : 10)
  })

  test('the order of the evaluations changes nothing', () => {
    const candidate = [draw(1, 0.6, ['fold0']), draw(2, 0.6, ['fold1'])]
    const best = [draw(3, 0.4, ['fold1']), draw(4, 0.4, ['fold0'])]
    const one = compareResults(candidate, best, metric, 0.004)
    const other = compareResults(candidate.toReversed(), best.toReversed(), metric, 0.004)
    expect(other.delta).toBeCloseTo(one.delta, 12)
    expect(other.z).toBeCloseTo(one.z, 10)
  })
})

test('the worked example: one seed each, no seed noise, is the test of McNemar', () => {
  const best = resultsOf([...Array<boolean>(100).fill(true), ...Array<boolean>(100).fill(false)])
  const candidate = resultsOf([
    ...Array<boolean>(82).fill(true),
    ...Array<boolean>(18).fill(false),
    ...Array<boolean>(41).fill(true),
    ...Array<boolean>(59).fill(false),
  ])
  const comparison = compareResults([candidate], [best], 'accuracy', NO_SEEDS)
  expect(comparison).toMatchObject({ newlyRight: 41, newlyWrong: 18, images: 200, disagreement: 59 / 200 })
  expect(comparison.delta).toBeCloseTo(23 / 200, 12)
  expect(comparison.z).toBeCloseTo(23 / Math.sqrt(59), 0)
})

test('with few images that only one has right, z is that of the exact distribution and the interval belongs to it', () => {
  const comparison = compareResults([someRight(500, 494)], [someRight(500, 490)], 'accuracy', NO_SEEDS)
  // Four against none: one-sided mid-p 1/32, of which the normal quantile is 1.863; the approximation would say 2.0.
  expect(comparison.z).toBeCloseTo(1.863, 3)
  expect(comparison.delta / comparison.z).toBeCloseTo(comparison.standardError, 12)
  expect(comparison.high - comparison.low).toBeCloseTo(2 * 1.959964 * comparison.standardError, 12)
})

test('seed noise enters once for each evaluation, however many images there are', () => {
  const same = (count: number) => Array.from({ length: count }, () => someRight(1000, 900))
  const error = (candidate: number, best: number) => compareResults(same(candidate), same(best), 'accuracy', 0.004).standardError
  expect(error(1, 1)).toBeCloseTo(0.004 * Math.SQRT2, 12)
  expect(error(2, 3)).toBeCloseTo(0.004 * Math.sqrt(1 / 2 + 1 / 3), 12)
})

test('where folds rotate, only folds that both were scored on count, and each brings its images and its seeds', () => {
  const candidate = [someRight(100, 90, ['fold0']), someRight(100, 92, ['fold1'])]
  const best = [someRight(100, 88, ['fold0']), someRight(100, 88, ['fold1']), someRight(100, 10, ['fold2'])]
  const comparison = compareResults(candidate, best, 'accuracy', 0.004)
  expect(comparison).toMatchObject({ images: 200, seeds: { candidate: 2, best: 2 }, newlyRight: 6, newlyWrong: 0 })
  expect(comparison.delta).toBeCloseTo(0.03, 12)
})

test('an image is newly right where most seeds of the candidate, and not most of the best, have it right', () => {
  const candidate = [
    resultsOf([true, true, true, false]),
    resultsOf([true, false, true, false]),
    resultsOf([false, false, true, false]),
  ]
  const best = [resultsOf([true, false, true, true]), resultsOf([false, false, true, true])]
  const comparison = compareResults(candidate, best, 'accuracy', 0.004)
  expect(comparison).toMatchObject({ newlyRight: 1, newlyWrong: 1 })
  // By image, over all six pairs of seeds: 3 of 6, 2 of 6, none, all.
  expect(comparison.disagreement).toBeCloseTo((3 / 6 + 2 / 6 + 0 + 1) / 4, 12)
})

test('balanced accuracy gives each class the same weight', () => {
  const labels = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
  const best = resultsOf([true, true, true, true, true, true, true, true, false, false], ['val'], labels)
  const candidate = resultsOf([true, true, true, true, true, true, true, false, true, false], ['val'], labels)
  expect(compareResults([candidate], [best], 'balanced-accuracy', 0.004).delta).toBeCloseTo((-1 / 8 + 1 / 2) / 2, 12)
})

test('a lower log loss is a positive difference', () => {
  const comparison = compareResults([someRight(100, 90)], [someRight(100, 80)], 'log-loss', 0.01)
  expect(comparison.delta).toBeCloseTo(0.1 * 1.25, 6)
})

test('z and the interval of a comparison belong together, whatever the answers', () => {
  const answers = fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 80 })
  fc.assert(
    fc.property(answers, (pairs) => {
      const [candidate, best] = [resultsOf(pairs.map(([mine]) => mine)), resultsOf(pairs.map(([, theirs]) => theirs))]
      const { delta, z, standardError, low, high } = compareResults([candidate], [best], 'accuracy', 0.004)
      expect(z * standardError).toBeCloseTo(delta, 10)
      expect((low + high) / 2).toBeCloseTo(delta, 10)
      expect(high - low).toBeCloseTo(2 * 1.959964 * standardError, 10)
    }),
  )
})

test('ten thousand images of ten classes take a few seconds at most', { timeout: 60_000 }, () => {
  const draw = (seed: number) => drawResults({ n: 10_000, classCount: 10, seed, skill: 0.5 })
  const start = process.cpuUsage()
  compareResults([draw(1)], [draw(2)], 'auc', 0.0004)
  compareResults([draw(1)], [draw(2)], 'macro-f1', 0.004)
  expect(process.cpuUsage(start).user / 1e6).toBeLessThan(15)
})

test('evaluations that cannot be compared are refused', () => {
  const results = someRight(10, 5)
  expect(() => compareResults([results], [someRight(10, 5, ['fold1'])], 'accuracy', 0.004)).toThrow(
    'no image in common: val against fold1',
  )
  expect(() => compareResults([results], [someRight(11, 5)], 'accuracy', 0.004)).toThrow('do not list the same images')
  expect(() =>
    compareResults([results], [resultsOf(Array<boolean>(10).fill(true), ['val'], Array<number>(10).fill(1))], 'accuracy', 0.004),
  ).toThrow('do not list the same images')
  expect(() => compareResults([results, someRight(10, 5, ['val', 'more'])], [results], 'accuracy', 0.004)).toThrow('share images')
  expect(() => compareResults([someRight(0, 0)], [someRight(0, 0)], 'accuracy', 0.004)).toThrow('list no image')
  expect(() => compareResults([results], [results], 'auc', 0.004)).toThrow('needs the logits')
  expect(() => compareResults([results], [results], 'accuracy', 0)).toThrow('must be above 0')
  expect(() => compareResults([results], [results], 'accuracy', Number.NaN)).toThrow('must be above 0')
})
