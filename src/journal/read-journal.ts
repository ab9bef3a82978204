import { readFile } from 'node:fs/promises'
import { ExternalError } from '../core/errors.ts'
import { quoteForShell } from '../core/format.ts'
import type { StampedEvent } from '../core/run-events.ts'
import type { RunState } from '../core/run-state.ts'
import { decodeLines } from './decode.ts'
import type { Tail } from './decode.ts'
import { DamagedLine, scanLines } from './line.ts'
import { runFolder } from './run-folder.ts'
import type { RunFolder } from './run-folder.ts'
import { fold } from './state.ts'

export type LoadedJournal = {
  readonly state: RunState
  readonly events: readonly StampedEvent[]
  readonly tail: Tail
  /** Bytes of the whole lines, and the cut line after them. */
  readonly goodBytes: number
  readonly torn: Uint8Array
}

/**
 * What a run's journal says, for whoever only looks: takes no lock, writes nothing, and leaves out a last line that was cut by a crash
 * or is being written now.
 */
export async function readJournal(path: string): Promise<Pick<LoadedJournal, 'state' | 'events'>> {
  return loadJournal(runFolder(path))
}

/** Reads, checks and folds the journal; a missing file is an empty one. */
export async function loadJournal({ journal }: RunFolder): Promise<LoadedJournal> {
  const bytes = await readBytes(journal)
  try {
    const { lines, goodBytes, torn } = scanLines(bytes)
    const { events, tail } = decodeLines(lines)
    return { state: fold(events), events, tail, goodBytes, torn }
  } catch (error) {
    if (error instanceof DamagedLine) throw damaged(journal, error)
    throw error
  }
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

function damaged(path: string, { number, message }: DamagedLine): ExternalError {
  const file = quoteForShell(path)
  const keep = number - 1
  return new ExternalError('journal', `line ${number} of the journal is damaged: ${message}`, {
    evidence: [`looked in  ${path}`, 'a crash does not do this: the file was changed, or the disk is failing'],
    fix: `restore it from a copy, or give up line ${number} and all after it: cp ${file} ${file}.damaged && head -n ${keep} ${file}.damaged > ${file}`,
  })
}
