import { scanPython } from './python-code.ts'
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

type Body = { readonly from: number; readonly to: number; readonly rank: number }

/**
 * A file for reading in at most about `maxLength` characters: without comments and docstrings, and where that is still too long, "..."
 * in the place of bodies: helpers first, then what belongs to classes, functions of the contract last.
 */
export function outline(source: string, maxLength: number): string {
  let text = withoutComments(source)
  while (text.length > maxLength) {
    const body = bodiesOf(text).toSorted((a, b) => a.rank - b.rank || b.to - b.from - (a.to - a.from))[0]
    if (body === undefined) return text
    text = `${text.slice(0, body.from)} ...${text.slice(body.to)}`
  }
  return text
}

/** Bodies of functions that are longer than what would stand in their place. */
function bodiesOf(source: string): Body[] {
  const { text, lines } = scanPython(source)
  return lines.flatMap((line, index) => {
    const [word, name] = line.tokens
    if (word?.text !== 'def' || name === undefined || line.tokens.at(-1)?.text !== ':') return []
    const after = lines.slice(index + 1)
    const length = after.findIndex(({ indent }) => indent <= line.indent)
    const last = (length < 0 ? after : after.slice(0, length)).at(-1)
    if (last === undefined) return []
    const rank = line.indent > 0 ? 1 : CONTRACT.has(name.text) ? 2 : 0
    return text.slice(line.to, last.to).length > 40 ? [{ from: line.to, to: last.to, rank }] : []
  })
}
