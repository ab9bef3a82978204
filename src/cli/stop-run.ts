import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ExternalError } from '../core/errors.ts'
import { formatSeconds } from '../core/format.ts'
import { isRunning, lockHolder } from '../files/index.ts'
import type { ProcessIdentity } from '../files/index.ts'
import { openRun, readJournal } from '../journal/index.ts'
import type { RunFolder } from '../journal/index.ts'
import type { Context } from './context.ts'
import { placeOf } from './run-place.ts'
import { withProgress } from './terminal.ts'

const POLL_MILLISECONDS = 200

/** `improve stop`: the same as Ctrl-C in the run's own terminal, then waits until it has let go of the run. */
export async function stopRun(options: { run: string; out: string }, context: Context): Promise<void> {
  const { terminal } = context
  const folder = await openRun(options.run, resolve(terminal.cwd, options.out), terminal.cwd)
  const { place, called } = placeOf(folder, terminal.cwd)
  const holder = await lockHolder(folder.lock)
  if (holder === null) terminal.note(`nothing runs in ${place}`)
  else await stopProcess(holder, folder, context)
  const { state } = await readJournal(folder.folder)
  terminal.print(state.status === 'finished' ? `the run is finished: improve show ${called}` : `go on:  improve resume ${called}`)
}

async function stopProcess(holder: ProcessIdentity, folder: RunFolder, { terminal, signal }: Context): Promise<void> {
  interrupt(holder)
  terminal.note(`process ${holder.pid} was asked to stop when its training has ended; the same command again stops it at once`)
  const describe = (elapsed: number) => `waiting for process ${holder.pid}: ${formatSeconds(elapsed)}`
  try {
    await withProgress(terminal, describe, () => waitUntilGone(holder, folder, signal))
  } catch (error) {
    if (signal.aborted) terminal.note(`no longer waiting; process ${holder.pid} stops all the same`)
    throw error
  }
  terminal.note('stopped')
}

/** Asks by number, which the lock has just found to belong to that very process. */
function interrupt({ pid }: ProcessIdentity): void {
  try {
    process.kill(pid, 'SIGINT')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ESRCH') return
    if (code !== 'EPERM') throw error
    throw new ExternalError('busy', `process ${pid} belongs to another user and cannot be asked to stop`, {
      fix: `ask its user, or as that user: kill -INT ${pid}`,
      cause: error,
    })
  }
}

async function waitUntilGone(holder: ProcessIdentity, { lock }: RunFolder, signal: AbortSignal): Promise<void> {
  for (;;) {
    const now = await lockHolder(lock)
    if (now === null || now.pid !== holder.pid || !isRunning(holder)) return
    await sleep(POLL_MILLISECONDS, undefined, { signal })
  }
}
