import { expect, test } from 'vitest'
import { pastTrial } from '../../../tests/support/playbook-evidence.ts'
import { learn } from './lessons.ts'

const QUESTION = { component: 'data', kind: 'augment', title: 'mirror' } as const
const PRIOR = { mean: 1, deviation: 0.8 }
const trials = (kind: string, points: readonly number[]) => points.map((point, index) => pastTrial(index + 1, 'data', kind, point))

test('without past trials the prior is what is expected', () => {
  expect(learn(QUESTION, PRIOR, [], 'accuracy')).toEqual(PRIOR)
})

test('measured losses of the same kind overrule the prior, and more of them leave less of it', () => {
  const means = [0, 1, 2, 3].map(
    (count) => learn(QUESTION, PRIOR, trials('augment', Array<number>(count).fill(-0.8)), 'accuracy').mean,
  )
  expect(means).toEqual(means.toSorted((a, b) => b - a))
  expect(means[1]).toBeGreaterThan(-0.4)
  expect(means[3]).toBeLessThan(0)
})

test('a loss of another kind in the same component counts less, one of another component not at all', () => {
  const own = learn(QUESTION, PRIOR, trials('augment', [-1]), 'accuracy').mean
  const sibling = learn(QUESTION, PRIOR, trials('occlude', [-1]), 'accuracy').mean
  expect(own).toBeLessThan(sibling)
  expect(sibling).toBeLessThan(PRIOR.mean)
  expect(learn(QUESTION, PRIOR, [pastTrial(1, 'model', 'augment', -1)], 'accuracy')).toEqual(PRIOR)
})

test('a loss within a wide interval teaches less than one within a narrow interval', () => {
  const result = { status: 'scored', decision: 'rejected', delta: -0.01, costRatio: 1 } as const
  const after = (half: number) =>
    learn(
      QUESTION,
      PRIOR,
      [pastTrial(1, 'data', 'augment', -1, { result: { ...result, low: -0.01 - half, high: -0.01 + half } })],
      'accuracy',
    )
  expect(after(0.03).mean).toBeGreaterThan(after(0.004).mean + 0.2)
})

test('a collapse teaches about relatives no more than a clear loss does', () => {
  const after = (points: number) => learn(QUESTION, PRIOR, trials('occlude', [points]), 'accuracy').mean
  expect(after(-76)).toBe(after(-2))
  expect(after(-76)).toBeGreaterThan(-1)
})

test('a failed trial speaks against its kind', () => {
  const failed = pastTrial(1, 'data', 'augment', 0, { result: { status: 'failed', message: 'out of memory' } })
  expect(learn(QUESTION, PRIOR, [failed], 'accuracy').mean).toBeLessThan(PRIOR.mean)
})

test('a change of several components at once teaches nothing about one of them', () => {
  const joint = pastTrial(1, 'data', 'augment', -3, { components: ['data', 'model'] })
  expect(learn(QUESTION, PRIOR, [joint], 'accuracy')).toEqual(PRIOR)
})

test('a gain in log loss is counted on the scale of accuracy', () => {
  const trial = pastTrial(1, 'data', 'augment', 2.5)
  expect(learn(QUESTION, PRIOR, [trial], 'log-loss').mean).toBeLessThan(learn(QUESTION, PRIOR, [trial], 'accuracy').mean)
})
