import { expect, test } from 'vitest'
import { pastTrial } from '../../../tests/support/playbook-evidence.ts'
import { CHARACTERS_A_TOKEN, lessonLines } from './lessons-text.ts'

const many = Array.from({ length: 40 }, (_, index) =>
  pastTrial(
    index + 1,
    (['data', 'model', 'training'] as const)[index % 3] ?? 'data',
    `kind-${index % 4}`,
    index % 9 === 4 ? 0.6 : -0.3,
    {
      title: `change number ${index} with a title of some length, as models write them`,
    },
  ),
)
const length = (lines: readonly string[]) => lines.join('\n').length / CHARACTERS_A_TOKEN

test('a few trials are told in full, with direction, interval and cost', () => {
  const past = [
    pastTrial(1, 'data', 'augment', 0.62, { title: 'cutout' }),
    pastTrial(2, 'model', 'width', -1.2, {
      base: 1,
      title: 'wider',
      result: { status: 'scored', decision: 'rejected', delta: -0.012, low: -0.02, high: -0.004, costRatio: 1.6 },
    }),
    pastTrial(3, 'training', 'rate', 0, { base: 1, result: { status: 'failed', message: 'loss became nan\nmore' }, title: 'hot' }),
    {
      ...pastTrial(4, 'data', '', 0, { base: 1, title: '' }),
      components: [],
      result: { status: 'failed' as const, message: 'no valid reply' },
    },
  ]
  expect(lessonLines(past, 'accuracy', 500)).toMatchInlineSnapshot(`
    [
      "trial 1 (changed 0) data/augment: cutout: kept, +0.6 points (95 % +0.02 to +1.2)",
      "trial 2 (changed 1) model/width: wider: rejected, -1.2 points (95 % -2.0 to -0.4), 1.6 times the cost",
      "trial 3 (changed 1) training/rate: hot: failed, loss became nan",
      "trial 4 (changed 1) no proposal: failed, no valid reply",
    ]
  `)
})

test('older ones that brought nothing are told by component and kind, kept ones stay', () => {
  const lines = lessonLines(many, 'accuracy', 900)
  expect(length(lines)).toBeLessThanOrEqual(900)
  expect(lines[0]).toMatch(/^older data\/kind-0: \d+ rejected, mean -0\.3, best -0\.3 points/)
  for (const trial of [5, 14, 23, 32])
    expect(lines.some((line) => line.startsWith(`trial ${trial} `) && line.includes('kept'))).toBe(true)
  expect(lines.at(-1)).toMatch(/^trial 40 /)
})

test.each([2000, 900, 400, 150, 60, 20])('lines for %i tokens fit', (tokens) => {
  const lines = lessonLines(many, 'accuracy', tokens)
  expect(length(lines)).toBeLessThanOrEqual(tokens)
  expect(lines.at(-1)).toMatch(/^trial 40/)
})

test('the same trials give the same lines', () => {
  expect(lessonLines(many, 'accuracy', 300)).toEqual(lessonLines(structuredClone(many), 'accuracy', 300))
})
