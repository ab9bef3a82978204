const HEAD_BYTES = 64 << 10
const TAIL_BYTES = 256 << 10
const LINE_BYTES = 8 << 10
const NEWLINE = 10
const RETURN = 13
const CUT = Buffer.from(' [line cut]')
const NOTHING = Buffer.alloc(0)

/** Keeps the first 64 KiB and the last 256 KiB of untrusted text, whatever its amount; lines are cut at 8 KiB. */
export class LogRing {
  #head: Buffer = NOTHING
  #ring: Buffer = NOTHING
  #tailCount = 0
  readonly #writers: LineCutter[] = []

  /** One writer a stream, so that half a line of stdout is never continued by stderr. */
  writer(): (chunk: Buffer) => void {
    const cutter = new LineCutter((block) => this.#append(block))
    this.#writers.push(cutter)
    return (chunk) => cutter.write(chunk)
  }

  /** At most the last `lineCount` lines and `byteCount` bytes, without ANSI sequences and control characters. */
  tail(lineCount = 100, byteCount = 8 << 10): string {
    const lines = this.text().split('\n').slice(-lineCount)
    while (lines.length > 1 && Buffer.byteLength(lines.join('\n')) > byteCount) lines.shift()
    return lastBytes(lines.join('\n'), byteCount)
  }

  /** Everything kept: the head, a note on what was left out, the tail. */
  text(): string {
    const raw = Buffer.concat([this.#head, ...this.#keptTail(), ...this.#writers.map((writer) => writer.pending)])
    return cleanText(raw.toString('utf8')).replace(/\n+$/, '')
  }

  #append(block: Buffer): void {
    const free = HEAD_BYTES - this.#head.length
    if (free > 0 && this.#tailCount === 0 && block.length <= free) this.#head = Buffer.concat([this.#head, block])
    else this.#appendToTail(block)
  }

  #appendToTail(block: Buffer): void {
    if (this.#ring.length === 0) this.#ring = Buffer.alloc(TAIL_BYTES)
    const at = this.#tailCount % TAIL_BYTES
    const first = Math.min(block.length, TAIL_BYTES - at)
    block.copy(this.#ring, at, 0, first)
    block.copy(this.#ring, 0, first)
    this.#tailCount += block.length
  }

  #keptTail(): Buffer[] {
    if (this.#tailCount <= TAIL_BYTES) return [this.#ring.subarray(0, this.#tailCount)]
    const at = this.#tailCount % TAIL_BYTES
    const kept = Buffer.concat([this.#ring.subarray(at), this.#ring.subarray(0, at)])
    const whole = kept.subarray(kept.indexOf(NEWLINE) + 1)
    return [Buffer.from(`[${this.#tailCount - whole.length} bytes left out]\n`), whole]
  }
}

/** Passes whole lines on in blocks of up to 8 KiB, so that its cost does not grow with the number of lines. */
class LineCutter {
  pending: Buffer = NOTHING
  #skipping = false
  readonly #pass: (block: Buffer) => void

  constructor(pass: (block: Buffer) => void) {
    this.#pass = pass
  }

  write(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) at = this.#skipping ? this.#skip(chunk, at) : this.#take(chunk, at)
  }

  #take(chunk: Buffer, at: number): number {
    const room = LINE_BYTES - this.pending.length
    const window = chunk.subarray(at, at + room)
    const end = Math.max(window.lastIndexOf(NEWLINE), window.lastIndexOf(RETURN)) + 1
    if (end > 0) this.#flush(window.subarray(0, end))
    else if (window.length < room) this.pending = Buffer.concat([this.pending, window])
    else {
      this.#flush(window)
      this.#pass(CUT)
      this.#skipping = true
    }
    return at + (end || window.length)
  }

  /** Drops bytes up to the end of the line, but not the line end itself. */
  #skip(chunk: Buffer, at: number): number {
    const ends = [chunk.indexOf(NEWLINE, at), chunk.indexOf(RETURN, at)].filter((end) => end >= 0)
    if (ends.length === 0) return chunk.length
    this.#skipping = false
    return Math.min(...ends)
  }

  #flush(block: Buffer): void {
    if (this.pending.length > 0) this.#pass(this.pending)
    this.pending = NOTHING
    this.#pass(block)
  }
}

/** ANSI: CSI sequences, strings (OSC, DCS, …) up to their terminator or the line's end, two-byte escapes. */
// oxlint-disable-next-line no-control-regex
const ANSI = /\x1b\[[0-?]*[ -/]*[@-~]?|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?/g
/** All control characters but tab and newline, and those that reorder text on the screen. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g

/** Untrusted text as a terminal would leave it: of a line redrawn by carriage returns only the last drawing stays. */
export const cleanText = (text: string): string =>
  text
    .replace(ANSI, '')
    .replace(/\r+(?=\n|$)/g, '')
    .replace(/[^\n]*\r/g, '')
    .replace(CONTROL, '')

const lastBytes = (text: string, byteCount: number): string => {
  const bytes = Buffer.from(text)
  return bytes.length <= byteCount
    ? text
    : bytes
        .subarray(-byteCount)
        .toString('utf8')
        .replace(/^\uFFFD+/, '')
}
