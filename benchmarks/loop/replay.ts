import { open, mkdir, stat } from 'node:fs/promises'
import { EMPTY_TAIL, encodeEvent } from '../../src/journal/decode.ts'
import { fold, readJournal, runFolder } from '../../src/journal/index.ts'
import { hashLine } from '../../src/journal/line.ts'
import { FORMAT_VERSION } from '../../src/journal/versions.ts'
import { opening, stampAll, wholeTrial } from '../../tests/support/sample-run.ts'
import type { RunEvent } from '../../src/core/run-events.ts'

/** One proposal in this many is kept, one in this many fails. */
const KEPT_EVERY = 20
const FAILED_EVERY = 10

export type Replay = {
  readonly trialCount: number
  readonly eventCount: number
  readonly fileBytes: number
  /** The fold alone, over events in memory. */
  readonly foldSeconds: readonly number[]
  /** From the file: read, checksums, chain, schemas, fold. */
  readonly readSeconds: readonly number[]
}

/** Writes the journal of a long run that never took place, and replays it. `folder` is made. */
export async function measureReplay(folder: string, trialCount: number, repeats: number): Promise<Replay> {
  const fileBytes = await writeJournal(folder, trialCount)
  const { events, state } = await readJournal(folder)
  if (state.trials.length !== trialCount) throw new Error(`${trialCount} trials were written, ${state.trials.length} were read`)
  const foldSeconds: number[] = []
  const readSeconds: number[] = []
  for (let repeat = 0; repeat < repeats; repeat++) {
    foldSeconds.push(await secondsOf(() => fold(events)))
    readSeconds.push(await secondsOf(() => readJournal(folder)))
  }
  return { trialCount, eventCount: events.length, fileBytes, foldSeconds, readSeconds }
}

/** The lines are those that a run would write, without a flush to disk after each; returns their bytes. */
async function writeJournal(folder: string, trialCount: number): Promise<number> {
  await mkdir(folder, { recursive: true })
  const { journal } = runFolder(folder)
  const file = await open(journal, 'wx')
  try {
    const lines: Buffer[] = []
    let tail = EMPTY_TAIL
    for (const event of stampAll(eventsOf(trialCount))) {
      const line = encodeEvent(event, tail, FORMAT_VERSION)
      tail = { seq: tail.seq + 1, prev: hashLine(line.subarray(0, -1)), version: FORMAT_VERSION }
      lines.push(line)
    }
    await file.writeFile(Buffer.concat(lines))
  } finally {
    await file.close()
  }
  return (await stat(journal)).size
}

/** The baseline and proposals, each evaluated once; each changes the last one that was kept. */
function eventsOf(trialCount: number): RunEvent[] {
  const events = opening()
  let base = 0
  for (let trial = 1; trial < trialCount; trial++) {
    const isKept = trial % KEPT_EVERY === 0
    const value = trial % FAILED_EVERY === 1 ? null : 0.9
    events.push(...wholeTrial(trial, value, isKept ? 'kept' : 'rejected', base))
    if (isKept) base = trial
  }
  return events
}

async function secondsOf(work: () => unknown): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}
