/**
 * Just enough of Python's grammar to tell whether two files say the same: logical lines and their tokens. Takes any text and never
 * fails; what is not Python gives some lines, the same ones for the same text.
 */

export type Token = { readonly kind: 'name' | 'number' | 'string' | 'other'; readonly text: string }

/** A statement, or the head of one, however many lines it is written on; `from` and `to` are places in the text. */
export type LogicalLine = {
  readonly indent: number
  readonly tokens: readonly Token[]
  readonly from: number
  readonly to: number
}

export type Scan = {
  /** The source with line ends of one kind. */
  readonly text: string
  readonly lines: readonly LogicalLine[]
  /** Places of the comments. */
  readonly comments: readonly (readonly [from: number, to: number])[]
}

const NAME = /[\p{L}_][\p{L}\p{M}\p{N}_]*/uy
const NUMBER = /(?:0[xXoObB][0-9a-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?)[jJ]?/y
const STRING_START = /[rRbBuUfF]{0,2}("""|'''|"|')/y
const OPERATOR = /\*\*=|\/\/=|>>=|<<=|\.\.\.|->|:=|==|!=|<=|>=|\*\*|\/\/|>>|<<|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|@=|./suy
const TAB_WIDTH = 8
const BLANK = [' ', '\t', '\f']
const OPENING = ['(', '[', '{']
const CLOSING = [')', ']', '}']

export function scanPython(source: string): Scan {
  const text = source.replace(/\r\n?/g, '\n')
  const lines: LogicalLine[] = []
  const comments: [number, number][] = []
  let tokens: Token[] = []
  let [place, depth, indent, from] = [0, 0, 0, 0]
  const endLine = () => {
    if (tokens.length > 0) lines.push({ indent, tokens, from, to: place })
    tokens = []
  }
  while (place < text.length) {
    const char = text[place] as string
    if (char === '\n') {
      if (depth === 0) endLine()
      place++
    } else if (BLANK.includes(char)) place++
    else if (char === '#') {
      const end = lineEnd(text, place)
      comments.push([place, end])
      place = end
    } else if (char === '\\' && text[place + 1] === '\n') place += 2
    else {
      if (tokens.length === 0) [from, indent] = [place, widthOf(text.slice(text.lastIndexOf('\n', place) + 1, place))]
      const token = tokenAt(text, place)
      place += token.text.length
      depth = Math.max(0, depth + (OPENING.includes(token.text) ? 1 : CLOSING.includes(token.text) ? -1 : 0))
      tokens.push(token)
    }
  }
  endLine()
  return { text, lines, comments }
}

function lineEnd(text: string, place: number): number {
  const next = text.indexOf('\n', place)
  return next < 0 ? text.length : next
}

/** Always takes at least one character. */
function tokenAt(text: string, place: number): Token {
  const opening = matchAt(STRING_START, text, place)
  if (opening !== null)
    return { kind: 'string', text: text.slice(place, stringEnd(text, place + opening[0].length, opening[1] ?? '"')) }
  const name = matchAt(NAME, text, place)
  if (name !== null) return { kind: 'name', text: name[0] }
  const number = matchAt(NUMBER, text, place)
  if (number !== null && number[0] !== '') return { kind: 'number', text: number[0] }
  return { kind: 'other', text: matchAt(OPERATOR, text, place)?.[0] ?? (text[place] as string) }
}

/** Behind the closing quote; an open string ends with its line, an open long one with the text. */
function stringEnd(text: string, from: number, quote: string): number {
  for (let place = from; place < text.length; place++) {
    if (text[place] === '\\') place++
    else if (text.startsWith(quote, place)) return place + quote.length
    else if (quote.length === 1 && text[place] === '\n') return place
  }
  return text.length
}

function matchAt(pattern: RegExp, text: string, place: number): RegExpExecArray | null {
  pattern.lastIndex = place
  return pattern.exec(text)
}

function widthOf(blank: string): number {
  let width = 0
  for (const char of blank) width = char === '\t' ? (Math.floor(width / TAB_WIDTH) + 1) * TAB_WIDTH : width + 1
  return width
}
