import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/**
 * A line of the journal is `<crc32 of the JSON, 8 hex digits> <its length in bytes> <JSON>\n`. JSON escapes line ends, so that a
 * record never holds one.
 */
export type Line = { readonly json: string; readonly hash: string }

export type ScannedLines = {
  readonly lines: readonly Line[]
  /** Bytes of the whole lines. */
  readonly goodBytes: number
  /** What follows them: the piece of a line that a crash has cut; empty where there is none. */
  readonly torn: Uint8Array
}

/** A line that no crash can have left: it was changed after it was written. */
export class DamagedLine extends Error {
  /** Counted from 1. */
  readonly number: number

  constructor(number: number, reason: string) {
    super(reason)
    this.number = number
  }
}

const LINE_END = 10
const HEAD = /^([0-9a-f]{8}) (\d{1,10}) /
const LONGEST_HEAD = 20

export function encodeLine(json: string): Buffer {
  const body = Buffer.from(json)
  const checksum = crc32(body).toString(16).padStart(8, '0')
  return Buffer.concat([Buffer.from(`${checksum} ${body.length} `), body, Buffer.of(LINE_END)])
}

/** What the next line names as the one before it; `line` is without its end. */
export function hashLine(line: Uint8Array): string {
  return hash('sha256', line, 'hex')
}

/**
 * Reads whole lines up to the first bad one. A bad last line is what a crash in the middle of a write leaves, and was never
 * acknowledged; a bad line with others after it, or a good one with something attached, throws `DamagedLine`.
 */
export function scanLines(bytes: Buffer): ScannedLines {
  const lines: Line[] = []
  let offset = 0
  while (offset < bytes.length) {
    const end = bytes.indexOf(LINE_END, offset)
    const piece = bytes.subarray(offset, end === -1 ? bytes.length : end)
    const record = readRecord(piece)
    if (end === -1 || record?.length !== piece.length) {
      const isLast = end === -1 || end === bytes.length - 1
      const hasMore = record !== null && record.length !== piece.length
      if (!isLast || hasMore) throw new DamagedLine(lines.length + 1, 'its checksum does not fit what it holds')
      break
    }
    lines.push({ json: record.json, hash: hashLine(piece) })
    offset = end + 1
  }
  return { lines, goodBytes: offset, torn: bytes.subarray(offset) }
}

/** The record that a piece begins with, and how many bytes it takes; null when it begins with none. */
function readRecord(piece: Buffer): { readonly json: string; readonly length: number } | null {
  const head = HEAD.exec(piece.toString('latin1', 0, LONGEST_HEAD))
  if (head === null) return null
  const length = head[0].length + Number(head[2])
  const body = piece.subarray(head[0].length, length)
  if (length > piece.length || crc32(body) !== Number.parseInt(head[1] ?? '', 16)) return null
  return { json: body.toString('utf8'), length }
}
