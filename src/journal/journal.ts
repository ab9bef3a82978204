import { access } from 'node:fs/promises'
import { basename } from 'node:path'
import { ExternalError } from '../core/errors.ts'
import { quoteForShell } from '../core/format.ts'
import type { RunEvent, StampedEvent } from '../core/run-events.ts'
import type { RunState } from '../core/run-state.ts'
import { tryLock, writeAtomic } from '../files/index.ts'
import { makeActiveClock, systemClock } from './active-clock.ts'
import type { ActiveClock, Clock } from './active-clock.ts'
import { cannotWrite, openAppendFile } from './append-file.ts'
import type { AppendFile } from './append-file.ts'
import { encodeEvent } from './decode.ts'
import type { Tail } from './decode.ts'
import { hashLine } from './line.ts'
import { loadJournal } from './read-journal.ts'
import type { LoadedJournal } from './read-journal.ts'
import { runFolder } from './run-folder.ts'
import type { RunFolder } from './run-folder.ts'
import { ensureSpec } from './spec-file.ts'
import { apply } from './state.ts'
import { FORMAT_VERSION } from './versions.ts'

/** The journal of one run, held by this process alone until `close`. */
export type Journal = {
  readonly folder: RunFolder
  readonly state: () => RunState
  /** Resolves once the event is on disk and in the state. Calls at the same time are written in their order. */
  readonly append: (event: RunEvent) => Promise<StampedEvent>
  /** Seconds of work of all sessions so far. */
  readonly activeSeconds: () => number
  /** Stops the count of active seconds, as while a provider makes us wait, until `resume`. */
  readonly pause: () => void
  readonly resume: () => void
  readonly close: () => Promise<void>
}

export type JournalOptions = {
  /** Told, in a sentence, what had to be mended at opening. */
  readonly onNote: (line: string) => void
  readonly clock?: Clock
}

/**
 * Takes the run for this process, mends what a crash has left and folds what was recorded. Throws `ExternalError`: `busy` when a
 * running process holds the run, `journal` when its files were changed by another hand, `disk`.
 */
export async function openJournal(path: string, { onNote, clock = systemClock }: JournalOptions): Promise<Journal> {
  const folder = runFolder(path)
  const release = await takeRun(folder)
  try {
    const loaded = await loadJournal(folder)
    if (loaded.torn.length > 0) onNote(await saveTorn(folder, loaded))
    if (loaded.state.spec !== null) await ensureSpec(folder, loaded.state.spec)
    const file = await openAppendFile(folder.journal, loaded.goodBytes)
    return makeJournal(folder, loaded, { file, clock, release })
  } catch (error) {
    await release()
    throw error
  }
}

type Session = { readonly file: AppendFile; readonly clock: Clock; readonly release: () => Promise<void> }

function makeJournal(folder: RunFolder, loaded: LoadedJournal, { file, clock, release }: Session): Journal {
  let { state, tail } = loaded
  let isOpen = true
  let queue: Promise<unknown> = Promise.resolve()
  const active = makeActiveClock(clock, state.activeSeconds)
  const write = async (event: RunEvent) => {
    if (!isOpen) throw new Error(`the journal of ${folder.folder} is closed`)
    const stamped = stamp(event, tail, clock, active)
    const next = apply(state, stamped)
    if (event.type === 'run.started') await ensureSpec(folder, event.spec)
    tail = await writeEvent(file, stamped, tail)
    state = next
    return stamped
  }
  return {
    folder,
    state: () => state,
    append: (event) => {
      const written = queue.then(() => write(event))
      queue = written.catch(() => {})
      return written
    },
    activeSeconds: active.seconds,
    pause: active.pause,
    resume: active.resume,
    close: async () => {
      await queue
      if (!isOpen) return
      isOpen = false
      await file.close()
      await release()
    },
  }
}

function stamp(event: RunEvent, { seq }: Tail, clock: Clock, active: ActiveClock): StampedEvent {
  return { ...event, seq, at: clock.now().toISOString(), activeSeconds: Math.round(active.seconds() * 1000) / 1000 }
}

async function writeEvent(file: AppendFile, event: StampedEvent, tail: Tail): Promise<Tail> {
  const line = encodeEvent(event, tail, FORMAT_VERSION)
  await file.append(line)
  return { seq: tail.seq + 1, prev: hashLine(line.subarray(0, -1)), version: FORMAT_VERSION }
}

/** One process a run: two would train the same trial twice and tear each other's lines. */
async function takeRun(folder: RunFolder): Promise<() => Promise<void>> {
  await access(folder.folder)
  const attempt = await tryLock(folder.lock).catch((error: unknown) => {
    throw cannotWrite(folder.lock, error)
  })
  if (attempt.status === 'held') return attempt.release
  const name = basename(folder.folder)
  throw new ExternalError('busy', `the run ${name} is at work in process ${attempt.holder.pid}`, {
    fix: `wait until it ends, or stop it: improve stop ${quoteForShell(name)}`,
  })
}

/** Keeps what a crash has cut, beside the journal, before it is taken off. */
async function saveTorn({ torn: path }: RunFolder, { torn }: LoadedJournal): Promise<string> {
  await writeAtomic(path, torn)
  return `the last line of the journal was cut by a crash (${torn.length} bytes, kept in ${basename(path)}); the run goes on before it`
}
