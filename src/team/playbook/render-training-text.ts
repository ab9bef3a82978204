import { COLUMNS } from './python-text.ts'

/** A named number at the head of a file, with its unit and its reason. */
export type Constant = { readonly name: string; readonly value: string; readonly comment: string }

/** What one choice of a design adds to the file. */
export type Part = {
  /** Clauses of the file's docstring. */
  readonly says: readonly string[]
  readonly imports: readonly string[]
  readonly constants: readonly Constant[]
  /** Functions and classes, each whole. */
  readonly definitions: readonly string[]
}

export const NOTHING: Part = { says: [], imports: [], constants: [], definitions: [] }

/** A number as a Python programmer writes it: 0.1, 5e-4, 20. */
export function number(value: number): string {
  const rounded = Number(value.toPrecision(4))
  if (rounded !== 0 && Math.abs(rounded) <= 0.001) return rounded.toExponential().replace('e+', 'e')
  return String(rounded)
}

/** A number that is not whole by chance: 1 becomes 1.0. */
export function fraction(value: number): string {
  const text = number(value)
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}

/** `head(arguments)` as the formatter breaks it: on one line, its arguments on a line of their own, or one a line. */
export function call(indent: number, head: string, args: readonly string[]): string {
  return enclosed(indent, `${head}(`, args, ')')
}

/** `head` followed by a list that is broken in the same way. */
export function list(indent: number, head: string, items: readonly string[]): string {
  return enclosed(indent, `${head}[`, items, ']')
}

function enclosed(indent: number, open: string, items: readonly string[], close: string): string {
  const space = ' '.repeat(indent)
  const oneLine = `${space}${open}${items.join(', ')}${close}`
  if (oneLine.length <= COLUMNS) return oneLine
  const inner = `${space}    ${items.join(', ')}`
  const body = inner.length <= COLUMNS && close === ')' ? inner : items.map((item) => `${space}    ${item},`).join('\n')
  return `${space}${open}\n${body}\n${space}${close}`
}
