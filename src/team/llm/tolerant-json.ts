/**
 * JSON as models write it: comments, trailing commas, single quotes, line ends in strings, True and None, the end missing. Work is
 * bounded by the length of the text whatever is in it.
 */

const MAX_DEPTH = 12
/** Characters that may be read over and over while looking for an object, as a multiple of the text's length. */
const MAX_WORK = 3
const MAY_BE_BLANK = /[\s/#]/
const BLANK = /(?:\s+|\/\/[^\n]*|#[^\n]*)+/y
const WORDS: Readonly<Record<string, unknown>> = {
  true: true,
  false: false,
  null: null,
  True: true,
  False: false,
  None: null,
  NaN: null,
}
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }
const CLOSING_QUOTES: Readonly<Record<string, string>> = { '"': '"', "'": "'", '“': '”' }

/** One for all: a stack each would take longer than the reading. */
const NOT_JSON = new Error('not JSON')

export type JsonObject = Readonly<Record<string, unknown>>

/** All objects of a text that stand by themselves, in order; prose around and between them does not matter. */
export function findObjects(text: string): JsonObject[] {
  const found: JsonObject[] = []
  let [place, work] = [0, 0]
  for (;;) {
    place = text.indexOf('{', place)
    if (place < 0 || work > MAX_WORK * text.length + 10_000) return found
    const reader = new Reader(text, place)
    const object = reader.object()
    work += reader.place - place
    if (object === null) place++
    else {
      found.push(object)
      place = reader.place
    }
  }
}

/** Reads one value from a place on; `place` is then where it stopped. */
class Reader {
  readonly text: string
  place: number

  constructor(text: string, place: number) {
    this.text = text
    this.place = place
  }

  object(): JsonObject | null {
    try {
      return this.members(0)
    } catch (error) {
      if (error === NOT_JSON) return null
      throw error
    }
  }

  private value(depth: number): unknown {
    const char = this.next()
    if (depth > MAX_DEPTH) throw NOT_JSON
    if (char === '{') return this.members(depth)
    if (char === '[') return this.items(depth)
    if (CLOSING_QUOTES[char] !== undefined) return this.string()
    return this.scalar()
  }

  private members(depth: number): JsonObject {
    const entries: [string, unknown][] = []
    this.place++
    for (;;) {
      const char = this.next()
      if (char === '}') {
        this.place++
        return Object.fromEntries(entries.filter(([key]) => key !== '__proto__'))
      }
      const key = CLOSING_QUOTES[char] === undefined ? this.word() : this.string()
      if (this.next() !== ':') throw NOT_JSON
      this.place++
      entries.push([key, this.value(depth + 1)])
      this.separator('}')
    }
  }

  private items(depth: number): unknown[] {
    const items: unknown[] = []
    this.place++
    for (;;) {
      if (this.next() === ']') {
        this.place++
        return items
      }
      items.push(this.value(depth + 1))
      this.separator(']')
    }
  }

  /** A comma, which may also stand before the end. */
  private separator(end: string): void {
    const char = this.next()
    if (char === ',') this.place++
    else if (char !== end) throw NOT_JSON
  }

  private string(): string {
    const close = CLOSING_QUOTES[this.text[this.place] ?? ''] ?? '"'
    let [result, from] = ['', ++this.place]
    for (; this.place < this.text.length; this.place++) {
      const char = this.text[this.place]
      if (char === close) return result + this.text.slice(from, this.place++)
      if (char !== '\\') continue
      result += this.text.slice(from, this.place) + this.escape()
      from = this.place + 1
    }
    throw NOT_JSON
  }

  /** Leaves the place on the last character of the escape. */
  private escape(): string {
    const char = this.text[++this.place] ?? ''
    if (char !== 'u') return ESCAPES[char] ?? char
    const digits = /^[0-9a-fA-F]{4}/.exec(this.text.slice(this.place + 1, this.place + 5))
    if (digits === null) return 'u'
    this.place += 4
    return String.fromCharCode(Number.parseInt(digits[0], 16))
  }

  private scalar(): unknown {
    const number = matchAt(/[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?:\s*%)?/y, this.text, this.place)
    if (number !== null) {
      this.place += number.length
      return Number(number.replace(/\s*%$/, ''))
    }
    const word = this.word()
    if (!Object.hasOwn(WORDS, word)) throw NOT_JSON
    return WORDS[word]
  }

  private word(): string {
    const word = matchAt(/[\p{L}_$][\p{L}\p{N}_$]{0,60}/uy, this.text, this.place)
    if (word === null) throw NOT_JSON
    this.place += word.length
    return word
  }

  /** The next character that is no blank and no comment. */
  private next(): string {
    const first = this.text[this.place]
    if (first !== undefined && MAY_BE_BLANK.test(first)) this.place += matchAt(BLANK, this.text, this.place)?.length ?? 0
    const char = this.text[this.place]
    if (char === undefined) throw NOT_JSON
    return char
  }
}

function matchAt(pattern: RegExp, text: string, place: number): string | null {
  pattern.lastIndex = place
  return pattern.exec(text)?.[0] ?? null
}
