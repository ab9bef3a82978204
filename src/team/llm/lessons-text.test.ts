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
      "1 on 0, data/augment: cutout: kept +0.6 (+0.02..+1.2)",
      "2 on 1, model/width: wider: rejected -1.2 (-2.0..-0.4), a step 1.6 times as dear",
      "3 on 1, training/rate: hot: failed, loss became nan",
      "4 on 1, no proposal: failed, no valid reply",
    ]
  `)
})

test('older ones that brought nothing are told by component and kind, kept ones stay', () => {
  const lines = lessonLines(many, 'accuracy', 900)
  expect(length(lines)).toBeLessThanOrEqual(900)
  expect(lines[0]).toMatch(/^older data\/kind-0: \d+ rejected, mean -0\.3, best -0\.3/)
  for (const trial of [5, 14, 23, 32])
    expect(lines.some((line) => line.startsWith(`${trial} on `) && line.includes('kept'))).toBe(true)
  expect(lines.at(-1)).toMatch(/^40 on /)
})

test.each([2000, 900, 400, 150, 60, 20])('lines for %i tokens fit', (tokens) => {
  const lines = lessonLines(many, 'accuracy', tokens)
  expect(length(lines)).toBeLessThanOrEqual(tokens)
  expect(lines.at(-1)).toMatch(/^40 on/)
})

test('the same trials give the same lines', () => {
  expect(lessonLines(many, 'accuracy', 300)).toEqual(lessonLines(structuredClone(many), 'accuracy', 300))
})
