import { formatPercent } from '../core/format.ts'
import { printable } from '../core/names.ts'
import type { Answer } from '../harness/index.ts'

export const FORMATS = ['table', 'csv', 'jsonl'] as const
export type Format = (typeof FORMATS)[number]

/** A class and its probability, 0..1. */
type Choice = { readonly name: string; readonly probability: number }

/** How answers are written: a head, then a line or more for each file. */
export type AnswerText = {
  readonly head: string | null
  readonly line: (file: string, answer: Answer) => string
}

/** Width of the columns of a table, unless a name is shorter. */
const MAX_FILE_WIDTH = 60
const MAX_CLASS_WIDTH = 30
/** A spreadsheet takes a cell that begins so for a formula. */
const FORMULA = /^[=+\-@\t\r]/

export function makeAnswerText(format: Format, classes: readonly string[], topK: number, files: readonly string[]): AnswerText {
  const choose = (probabilities: Float64Array) => bestOf(probabilities, classes, topK)
  if (format === 'jsonl') return { head: null, line: (file, answer) => jsonLine(file, answer, choose) }
  return format === 'csv' ? csvText(choose, topK) : tableText(choose, classes, files)
}

/** The `count` likeliest classes, likeliest first; of equals the one that comes first in the dataset. */
export function bestOf(probabilities: Float64Array, classes: readonly string[], count: number): Choice[] {
  const choices = classes.map((name, index) => ({ name, probability: probabilities[index] ?? 0 }))
  return choices.toSorted((a, b) => b.probability - a.probability).slice(0, count)
}

function tableText(
  choose: (probabilities: Float64Array) => Choice[],
  classes: readonly string[],
  files: readonly string[],
): AnswerText {
  const fileWidth = widthOf(['file', ...files], MAX_FILE_WIDTH)
  const classWidth = widthOf(['class', ...classes], MAX_CLASS_WIDTH)
  const cell = ({ name, probability }: Choice) => `${pad(printable(name), classWidth)}  ${formatPercent(probability).padStart(7)}`
  return {
    head: `${pad('file', fileWidth)}  ${pad('class', classWidth)}  probability`,
    line: (file, answer) => {
      const text =
        answer.status === 'refused' ? `error: ${printable(answer.reason)}` : choose(answer.probabilities).map(cell).join('   ')
      return `${pad(printable(file, 1000), fileWidth)}  ${text}`
    },
  }
}

function widthOf(names: readonly string[], most: number): number {
  return names.reduce((widest, name) => Math.min(most, Math.max(widest, [...name].length)), 0)
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - [...text].length))
}

function csvText(choose: (probabilities: Float64Array) => Choice[], topK: number): AnswerText {
  const titles = Array.from({ length: topK }, (_, index) => (index === 0 ? '' : `_${index + 1}`))
  return {
    head: ['file', ...titles.flatMap((end) => [`class${end}`, `probability${end}`]), 'error'].join(','),
    line: (file, answer) => {
      const cells =
        answer.status === 'refused'
          ? [...titles.flatMap(() => ['', '']), textCell(answer.reason)]
          : [...choose(answer.probabilities).flatMap(({ name, probability }) => [textCell(name), rounded(probability)]), '']
      return [fileCell(file), ...cells].join(',')
    },
  }
}

/** The same file under a name that is no formula. */
function fileCell(file: string): string {
  const shown = printable(file, Number.MAX_SAFE_INTEGER)
  return quoted(FORMULA.test(shown) ? `./${shown}` : shown)
}

function textCell(text: string): string {
  const shown = printable(text, Number.MAX_SAFE_INTEGER)
  return quoted(FORMULA.test(shown) ? `'${shown}` : shown)
}

function quoted(cell: string): string {
  return /[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

/** Names exactly as they are, with what a terminal would act on as escapes of JSON. */
function jsonLine(file: string, answer: Answer, choose: (probabilities: Float64Array) => Choice[]): string {
  if (answer.status === 'refused') return plainJson({ file, error: answer.reason })
  const choices = choose(answer.probabilities).map(({ name, probability }) => ({
    class: name,
    probability: Number(rounded(probability)),
  }))
  return plainJson({ file, ...choices[0], ...(choices.length > 1 && { top: choices }) })
}

function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu, (sign) =>
    [...Array(sign.length).keys()].map((index) => `\\u${sign.charCodeAt(index).toString(16).padStart(4, '0')}`).join(''),
  )
}

/** Six digits, as many as float32 logits bear. */
function rounded(probability: number): string {
  return String(Number(probability.toPrecision(6)))
}
