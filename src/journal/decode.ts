import * as z from 'zod'
import { runEventSchema } from '../core/run-events.ts'
import type { StampedEvent } from '../core/run-events.ts'
import { DamagedLine, encodeLine } from './line.ts'
import type { Line } from './line.ts'
import { UPGRADES, upgradeEvent } from './versions.ts'

/** What stands beside the event on each line. */
const stampSchema = z.object({
  seq: z.number().int().nonnegative(),
  at: z.string(),
  activeSeconds: z.number().nonnegative(),
  /** `hashLine` of the line before; null on the first. */
  prev: z.string().nullable(),
  /** Version of the format of this line and those after it; stated on the first line and where it changes. */
  version: z.number().int().positive().optional(),
})

/** Where a journal ends: what its next line has to continue. */
export type Tail = { readonly seq: number; readonly prev: string | null; readonly version: number | null }

export const EMPTY_TAIL: Tail = { seq: 0, prev: null, version: null }

/** The events of a journal's lines in order. Throws `DamagedLine` for one that does not continue the line before it. */
export function decodeLines(lines: readonly Line[], upgrades = UPGRADES): { readonly events: StampedEvent[]; readonly tail: Tail } {
  const events: StampedEvent[] = []
  let tail = EMPTY_TAIL
  for (const { json, hash } of lines) {
    const { event, version } = decodeLine(json, tail, upgrades)
    events.push(event)
    tail = { seq: tail.seq + 1, prev: hash, version }
  }
  return { events, tail }
}

function decodeLine(json: string, tail: Tail, upgrades = UPGRADES): { event: StampedEvent; version: number } {
  const raw = parseObject(json)
  const stamp = stampSchema.safeParse(raw)
  const version = stamp.data?.version ?? tail.version
  if (!stamp.success || version === null) throw new DamagedLine(tail.seq + 1, 'it is no line of a journal')
  const { seq, at, activeSeconds, prev } = stamp.data
  if (seq !== tail.seq || prev !== tail.prev) throw new DamagedLine(tail.seq + 1, 'it does not follow the line before it')
  const event = runEventSchema.safeParse(upgradeEvent(raw, version, upgrades))
  if (!event.success) throw new DamagedLine(tail.seq + 1, `its event is not one that is known: ${firstIssue(event.error)}`)
  return { event: { ...event.data, seq, at, activeSeconds }, version }
}

function parseObject(json: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(json) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}

/** The line of an event that continues a journal, and where the journal ends after it. Throws for a value that JSON cannot carry. */
export function encodeEvent(event: StampedEvent, tail: Tail, version: number): Buffer {
  const { seq, at, activeSeconds, ...fields } = event
  const checked = runEventSchema.safeParse(fields)
  if (!checked.success) throw new Error(`the event ${event.type} cannot be written: ${firstIssue(checked.error)}`)
  const stamp = { seq, at, activeSeconds, prev: tail.prev, ...(version === tail.version ? {} : { version }) }
  return encodeLine(JSON.stringify({ ...stamp, ...checked.data }))
}

function firstIssue({ issues }: z.ZodError): string {
  return issues
    .slice(0, 1)
    .map(({ path, message }) => `${path.join('.')}: ${message}`)
    .join('')
}
