import { scanPython } from './python-code.ts'
import type { LogicalLine } from './python-code.ts'
import { withoutComments } from './normal-code.ts'

/** Functions of the contract say most about a file; their bodies are the last to go. */
const CONTRACT = new Set([
  'train_transform',
  'eval_transform',
  'batch_transform',
  'sample_weights',
  'build_model',
  'configure',
  'fit',
])

/** One blank a level says as much. */
const INDENT = /^(?: {4})+/gm
/** Characters of a body that would not get shorter by much. */
const SHORT_BODY = 40

type Body = { readonly from: number; readonly to: number; readonly rank: number }

/**
 * Files for reading in at most about `maxLength` characters together: without comments and docstrings, and where that is still too long,
 * without imports and with "..." in the place of bodies: helpers first, functions of the contract last.
 */
export function outlines(sources: readonly string[], maxLength: number): string[] {
  const whole = sources.map((source) => withoutComments(source).replace(INDENT, (blanks) => ' '.repeat(blanks.length / 4)))
  if (lengthOf(whole) <= maxLength) return whole
  let texts = whole.map((text) => text.replace(/^(?:import|from) .*\n/gm, ''))
  while (lengthOf(texts) > maxLength) {
    const bodies = texts.flatMap((text, file) => bodiesOf(text).map((body) => ({ file, ...body })))
    const next = bodies.toSorted((a, b) => a.rank - b.rank || b.to - b.from - (a.to - a.from))[0]
    if (next === undefined) return texts
    texts = texts.map((text, file) => (file === next.file ? `${text.slice(0, next.from)} ...${text.slice(next.to)}` : text))
  }
  return texts
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((total, text) => total + text.length, 0)
}

/** Bodies of functions that are longer than what would stand in their place. */
function bodiesOf(source: string): Body[] {
  const { text, lines } = scanPython(source)
  const main = namesIn(lines, 'build_model')
  let top = { word: '', name: '' }
  return lines.flatMap((line, index) => {
    const [word, name] = line.tokens.map((token) => token.text)
    if (line.indent === 0) top = { word: word ?? '', name: name ?? '' }
    if (word !== 'def' || line.tokens.at(-1)?.text !== ':') return []
    const last = bodyOf(lines, index).at(-1)
    if (last === undefined || text.slice(line.to, last.to).length <= SHORT_BODY) return []
    return [{ from: line.to, to: last.to, rank: rankOf(top, name ?? '', main) }]
  })
}

/** Helpers, other classes, the class of the net, how it is built, functions of the contract. */
function rankOf(top: { readonly word: string; readonly name: string }, name: string, main: ReadonlySet<string>): number {
  if (top.word !== 'class') return CONTRACT.has(top.name) ? 4 : 0
  if (!main.has(top.name)) return 1
  return name === '__init__' ? 3 : 2
}

function namesIn(lines: readonly LogicalLine[], functionName: string): ReadonlySet<string> {
  const head = lines.findIndex(({ tokens }) => tokens[0]?.text === 'def' && tokens[1]?.text === functionName)
  const body = head < 0 ? [] : bodyOf(lines, head)
  return new Set(body.flatMap(({ tokens }) => tokens.map(({ text }) => text)))
}

function bodyOf(lines: readonly LogicalLine[], head: number): readonly LogicalLine[] {
  const after = lines.slice(head + 1)
  const length = after.findIndex(({ indent }) => indent <= (lines[head]?.indent ?? 0))
  return length < 0 ? after : after.slice(0, length)
}
