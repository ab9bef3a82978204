import { expect, test } from 'vitest'
import type { Answer } from '../harness/index.ts'
import { makeAnswerText } from './answer-text.ts'
import type { Format } from './answer-text.ts'

const CLASSES = ['cat', '=dog, "big"', 'b\u202Eird\u001b[31m']
const read: Answer = { status: 'classified', probabilities: Float64Array.of(0.25, 0.7000001, 0.0499999) }
const refused: Answer = { status: 'refused', reason: 'empty file' }

function render(format: Format, topK: number, rows: readonly (readonly [string, Answer])[]): string[] {
  const { head, line } = makeAnswerText(
    format,
    CLASSES,
    topK,
    rows.map(([file]) => file),
  )
  return [...(head === null ? [] : [head]), ...rows.map(([file, answer]) => line(file, answer))]
}

test('a table shows class and percent, or why there is none', () => {
  const rows = [
    ['photos/a.png', read],
    ['b.png', refused],
  ] as const
  expect(render('table', 1, rows)).toMatchInlineSnapshot(`
    [
      "file          class        probability",
      "photos/a.png  =dog, "big"   70.0 %",
      "b.png         error: empty file",
    ]
  `)
})

test('more than one class a file stand side by side, the likeliest first, without what a terminal would act on', () => {
  expect(render('table', 3, [['a.png', read]])[1]).toBe('a.png  =dog, "big"   70.0 %   cat           25.0 %   b?ird?[31m     5.0 %')
})

test('CSV quotes what needs it, and no cell begins as a formula', () => {
  const rows = [
    ['-1,5 "new".png', read],
    ['b.png', refused],
  ] as const
  expect(render('csv', 2, rows)).toEqual([
    'file,class,probability,class_2,probability_2,error',
    `"./-1,5 ""new"".png","'=dog, ""big""",0.7,cat,0.25,`,
    'b.png,,,,,empty file',
  ])
})

test('JSON lines hold names exactly, escaped where a terminal would act on them', () => {
  const probabilities = Float64Array.of(0, 0, 1)
  const [line = ''] = render('jsonl', 1, [['\u001b.png', { status: 'classified', probabilities }]])
  expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  expect(JSON.parse(line)).toEqual({ file: '\u001b.png', class: CLASSES[2], probability: 1 })
})

test('JSON lines list the top classes when more than one is wanted, and the error of a file that was not read', () => {
  const rows = [
    ['a', read],
    ['b', refused],
  ] as const
  expect(render('jsonl', 2, rows).map((line) => JSON.parse(line))).toEqual([
    {
      file: 'a',
      class: CLASSES[1],
      probability: 0.7,
      top: [
        { class: CLASSES[1], probability: 0.7 },
        { class: 'cat', probability: 0.25 },
      ],
    },
    { file: 'b', error: 'empty file' },
  ])
})
