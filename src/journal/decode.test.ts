import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  anyEventAfter,
  begun,
  closing,
  ended,
  failed,
  opening,
  proposed,
  stampAll,
  wholeTrial,
} from '../../tests/support/sample-run.ts'
import type { RunEvent, StampedEvent } from '../core/run-events.ts'
import { decodeLines, EMPTY_TAIL, encodeEvent } from './decode.ts'
import type { Tail } from './decode.ts'
import { DamagedLine, hashLine, scanLines } from './line.ts'
import { fold } from './state.ts'
import { FORMAT_VERSION, upgradeEvent } from './versions.ts'

function encodeAll(events: readonly StampedEvent[]): Buffer[] {
  let tail: Tail = EMPTY_TAIL
  return events.map((event) => {
    const line = encodeEvent(event, tail, FORMAT_VERSION)
    tail = { seq: tail.seq + 1, prev: hashLine(line.subarray(0, -1)), version: FORMAT_VERSION }
    return line
  })
}

function decodeAll(bytes: Buffer): { events: StampedEvent[]; torn: number } {
  const { lines, torn } = scanLines(bytes)
  return { events: decodeLines(lines).events, torn: torn.length }
}

const events = stampAll([...opening(), proposed(1), begun(1), ended(1, failed)])
const lines = encodeAll(events)
const bytes = Buffer.concat(lines)
const last = lines.at(-1)!

test('what is written is what is read, whatever words it holds', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), fc.string({ unit: 'binary' })), { maxLength: 25 }), (choices) => {
      const plain: RunEvent[] = []
      for (const [choice, text] of choices) plain.push(anyEventAfter(fold(stampAll(plain)), choice, text))
      const stamped = stampAll(plain)
      expect(decodeAll(Buffer.concat(encodeAll(stamped)))).toEqual({ events: stamped, torn: 0 })
    }),
    { numRuns: 50 },
  )
})

test('every kind of event survives', () => {
  const whole = stampAll([
    ...opening(),
    { type: 'run.interrupted', reason: 'Ctrl-C' },
    { type: 'run.resumed' },
    ...wholeTrial(1, 0.9, 'kept'),
    ...closing(1),
  ])
  expect(new Set(whole.map(({ type }) => type)).size).toBe(13)
  expect(decodeAll(Buffer.concat(encodeAll(whole))).events).toEqual(whole)
})

test('a journal cut at any byte of its last line is the journal before that line', () => {
  const before = bytes.length - last.length
  for (let size = before; size < bytes.length; size++) {
    expect(decodeAll(bytes.subarray(0, size))).toEqual({ events: events.slice(0, -1), torn: size - before })
  }
})

test('a bit flipped in any byte before the last line is refused, and the line is named', () => {
  const ends = lines.slice(0, -1).reduce<number[]>((sums, line) => [...sums, (sums.at(-1) ?? 0) + line.length], [])
  for (let index = 0; index < bytes.length - last.length; index++) {
    const flipped = Buffer.from(bytes)
    flipped[index] = flipped[index]! ^ (1 << (index % 8))
    const damage = damageOf(flipped)
    expect(damage).toBeInstanceOf(DamagedLine)
    expect(damage?.number).toBe(ends.findIndex((end) => index < end) + 1)
  }
})

test('a bit flipped in the last line is refused or loses that line, and never reads as something else', () => {
  const flips = Array.from({ length: last.length * 8 }, (_, number) => {
    const flipped = Buffer.from(bytes)
    const index = bytes.length - last.length + Math.floor(number / 8)
    flipped[index] = flipped[index]! ^ (1 << (number % 8))
    return flipped
  })
  const readable = flips.filter((flipped) => damageOf(flipped) === null)
  expect(readable.length).toBeGreaterThan(0)
  for (const flipped of readable) expect(decodeAll(flipped).events).toEqual(events.slice(0, -1))
})

test('a line that is taken out, put twice or exchanged is refused', () => {
  const [a, b, c, d] = lines as [Buffer, Buffer, Buffer, Buffer]
  for (const edited of [[b], [a, c], [a, b, b], [a, c, b, d]]) expect(damageOf(Buffer.concat(edited))).toBeInstanceOf(DamagedLine)
})

test('a number that JSON cannot carry is a mistake, and is not written', () => {
  const bad = { ...events[3]!, ...proposed(1), teamSeconds: Number.NaN } as StampedEvent
  expect(() => encodeEvent(bad, EMPTY_TAIL, 1)).toThrow('the event trial.proposed cannot be written: teamSeconds')
})

test('an event that is not known is refused', () => {
  const unknown = { ...events[0]!, type: 'run.paused' } as unknown as StampedEvent
  expect(() => encodeEvent(unknown, EMPTY_TAIL, 1)).toThrow('the event run.paused cannot be written')
})

test('events of an older version are brought to the newest, one version after the other', () => {
  const upgrades = [(event: object) => ({ ...event, two: true }), (event: object) => ({ ...event, three: true })]
  expect(upgradeEvent({ type: 'x' }, 1, upgrades)).toEqual({ type: 'x', two: true, three: true })
  expect(upgradeEvent({ type: 'x' }, 2, upgrades)).toEqual({ type: 'x', three: true })
  expect(upgradeEvent({ type: 'x' }, 3, upgrades)).toEqual({ type: 'x' })
})

test('a journal of a newer version is refused with what to do', () => {
  const newer = encodeEvent(events[0]!, EMPTY_TAIL, 99)
  expect(() => decodeAll(newer)).toThrow('written by a newer improve (its journal has format 99)')
})

test('the recorded journal of version 1 is still read', () => {
  const recorded = readFileSync(join(import.meta.dirname, 'samples', 'v1.jsonl'))
  const { events: read, torn } = decodeAll(recorded)
  expect(torn).toBe(0)
  expect(fold(read)).toMatchObject({ status: 'finished', best: 1, spec: { name: 'faces' }, test: { openings: 1 } })
})

function damageOf(content: Buffer): DamagedLine | null {
  try {
    decodeAll(content)
    return null
  } catch (error) {
    if (error instanceof DamagedLine) return error
    throw error
  }
}
