import type { LogicalLine, Token } from './python-code.ts'
import { scanPython } from './python-code.ts'

/**
 * The lines of a file without what does not change what it does: comments, docstrings, blanks, the way of indenting, of breaking lines,
 * of quoting and of writing numbers. The order of the statements stays.
 */
export function normalLines(source: string): string[] {
  const widths = [0]
  const lines: string[] = []
  for (const { indent, tokens } of scanPython(source).lines.filter((line) => !isDocstring(line))) {
    while (indent < (widths.at(-1) ?? 0)) widths.pop()
    if (indent > (widths.at(-1) ?? 0)) widths.push(indent)
    lines.push(`${' '.repeat(widths.length - 1)}${withoutLastCommas(tokens.map(normalToken)).join(' ')}`)
  }
  return lines
}

/** The file for reading beside another: as it is written, without comments, docstrings and blank lines. */
export function withoutComments(source: string): string {
  const { text, lines, comments } = scanPython(source)
  let next = 0
  return lines
    .filter((line) => !isDocstring(line))
    .map(({ from, to }) => {
      let [code, place] = ['', text.lastIndexOf('\n', from) + 1]
      while ((comments[next]?.[0] ?? to) < from) next++
      for (; (comments[next]?.[0] ?? to) < to; next++) {
        const [start, end] = comments[next] ?? [to, to]
        code += text.slice(place, start).trimEnd()
        place = end
      }
      return (code + text.slice(place, to)).trimEnd().replace(/\n[ \t]*(?=\n)/g, '')
    })
    .join('\n')
}

function isDocstring({ tokens }: LogicalLine): boolean {
  return tokens.every(({ kind }) => kind === 'string')
}

function normalToken({ kind, text }: Token): string {
  if (kind === 'number') return normalNumber(text)
  if (kind === 'string') return normalString(text)
  return text
}

/** 5e-4 and 0.0005 are one number, 1 and 1.0 are two. */
function normalNumber(text: string): string {
  const plain = text.replaceAll('_', '')
  if (/[jJ]$/.test(plain) || /^0[xXoObB]/.test(plain)) return plain.toLowerCase()
  const value = String(Number(plain))
  return /[.eE]/.test(plain) ? `float ${value}` : value
}

function normalString(text: string): string {
  const single = /^([rRbBuUfF]{0,2})'([^'"\\]*)'$/.exec(text)
  return single === null ? text : `${single[1] ?? ''}"${single[2] ?? ''}"`
}

/** A comma before a closing bracket says nothing, but for `(a,)`. */
function withoutLastCommas(tokens: readonly string[]): string[] {
  const commas: number[] = []
  return tokens.filter((token, index) => {
    if ('([{'.includes(token)) commas.push(0)
    else if (')]}'.includes(token)) commas.pop()
    else if (token === ',') {
      const before = commas.at(-1) ?? 0
      if (commas.length > 0) commas[commas.length - 1] = before + 1
      const next = tokens[index + 1] ?? ''
      return !(next !== '' && ')]}'.includes(next) && (before > 0 || next !== ')'))
    }
    return true
  })
}
