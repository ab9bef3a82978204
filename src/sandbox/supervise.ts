import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'

import { LogRing } from './log-ring.ts'
import type { ProcessFacts } from './process-tree.ts'
import type { End, EndReason, Limits, RunningProcess } from './sandbox.ts'
import type { LaunchedChild } from './launch.ts'
import { Watchdog } from './watchdog.ts'

/** A plain process may leave a descendant behind that holds its streams open; they are closed after this long. */
const DRAIN_MILLISECONDS = 500

export type Supervision = {
  readonly launched: LaunchedChild
  readonly overheadCount: number
  readonly limits: Limits
  readonly writableFolders: readonly string[]
  readonly signal: AbortSignal
  readonly countProcesses: () => number | null
  /** SIGKILL to everything. */
  readonly killAll: (look: () => readonly ProcessFacts[]) => void
  /** Resolves when no descendant is left. */
  readonly allGone: (look: () => readonly ProcessFacts[]) => Promise<void>
  readonly readExit: (exitCode: number | null, signal: NodeJS.Signals | null) => Exit
}

export type Exit = { readonly exitCode: number | null; readonly signal: NodeJS.Signals | null }

export type Supervised = RunningProcess & { readonly log: LogRing }

/** Watches a started process until its end: log, limits, abort, kill. */
export const supervise = (supervision: Supervision): Supervised => {
  const { launched, signal, ...watched } = supervision
  const { child, stdin, stdout, stderr, events } = launched
  const log = new LogRing()
  for (const stream of [stdout, stderr]) stream.on('data', log.writer())
  let reason: EndReason = 'exited'
  const stop = (why: EndReason): void => {
    if (hasEnded(child)) return
    if (reason === 'exited') reason = why
    supervision.killAll(() => watchdog.look())
  }
  const watchdog = new Watchdog({ ...watched, pid: child.pid ?? 0, kill: stop })
  const abort = (): void => stop('aborted')
  const finish = async (): Promise<End> => {
    const exit = supervision.readExit(...(await reaped(child)))
    const usage = watchdog.usage()
    watchdog.stop()
    signal.removeEventListener('abort', abort)
    await supervision.allGone(() => watchdog.look())
    await Promise.all([closed(stdout), closed(stderr)])
    return { reason, ...exit, ...usage }
  }
  const ended = finish()
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  const kill = (why: EndReason = 'aborted'): Promise<End> => {
    stop(why)
    return ended
  }
  return { events, stdin, log, logTail: () => log.tail(), ended, kill }
}

export const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

const reaped = (child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> =>
  hasEnded(child)
    ? Promise.resolve([child.exitCode, child.signalCode])
    : new Promise((resolve) => child.once('exit', (exitCode, signal) => resolve([exitCode, signal])))

/** Waits until all was read; a stream that someone still holds open is closed after a moment. */
export const closed = (stream: Readable): Promise<void> =>
  new Promise((resolve) => {
    if (stream.closed) return resolve()
    const timer = setTimeout(() => stream.destroy(), DRAIN_MILLISECONDS)
    stream.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
