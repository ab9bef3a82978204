import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { makeTemporaryFolder } from '../files/temporary.ts'
import { ExternalError } from '../core/errors.ts'
import type { End, EndReason, Limits, Mount, RunningProcess } from '../sandbox/sandbox.ts'
import { EXIT_SECONDS } from './limits.ts'
import { readEvents } from './events.ts'
import type { HarnessEvent, HarnessMode } from './events.ts'
import type { Spares, TakenSpare } from './spares.ts'
import { startPython } from './start-python.ts'
import type { Python } from './start-python.ts'

export type { Python } from './start-python.ts'

export type Call<M extends HarnessMode> = {
  readonly mode: M
  /** Builds nothing itself: paths in it are those that the child sees. */
  readonly job: unknown
  readonly mounts: readonly Mount[]
  readonly limits: Limits
  readonly signal: AbortSignal
}

/** A Python process while it runs. */
export type Child<M extends HarnessMode> = {
  readonly events: AsyncGenerator<HarnessEvent<M>>
  /** Writes one line of JSON to its stdin. */
  readonly answer: (value: unknown) => void
  /** Writes bytes to its stdin, as fast as it reads them, and closes it; ends early when the child does. */
  readonly feed: (pieces: AsyncIterable<Buffer>) => Promise<void>
  readonly kill: (reason: EndReason) => void
  readonly logTail: () => string
  /** Waits until every descendant is gone; a process that lingers after its work is killed. */
  readonly end: () => Promise<End>
}

/** Runs one harness process around `use`, one that waits already where `spares` has it; whatever happens, afterwards no process and no temporary folder is left. */
export async function withChild<M extends HarnessMode, T>(
  tools: Python & { readonly spares?: Spares | undefined },
  call: Call<M>,
  use: (child: Child<M>) => Promise<T>,
): Promise<T> {
  const taken = (await tools.spares?.take(tools, call, call.job, call.signal)) ?? (await startAnew(tools, call))
  try {
    return await use(childOf(call.mode, taken.running))
  } finally {
    await taken.running.kill()
    await taken.finish()
  }
}

async function startAnew<M extends HarnessMode>(tools: Python, call: Call<M>): Promise<TakenSpare> {
  const folder = await makeTemporaryFolder('job')
  const finish = () => rm(folder, { recursive: true, force: true })
  try {
    await writeFile(join(folder, 'job.json'), JSON.stringify(call.job))
    const { mode, limits, signal } = call
    const mounts = [{ host: folder, guest: '/job' }, ...call.mounts]
    return { running: await startPython(tools, { mode, waits: false, mounts, limits }, signal), finish }
  } catch (error) {
    await finish()
    throw error
  }
}

/** Runs a trusted process to its end and hands each event to `onEvent`; a failure is an error, not an outcome. */
export async function runTrusted<M extends HarnessMode>(
  tools: Python,
  call: Call<M>,
  onEvent: (event: HarnessEvent<M>) => void,
): Promise<{ end: End; logTail: string }> {
  return withChild(tools, call, async (child) => {
    for await (const event of child.events) onEvent(event)
    const end = await child.end()
    call.signal.throwIfAborted()
    return { end, logTail: child.logTail() }
  })
}

function childOf<M extends HarnessMode>(mode: M, running: RunningProcess): Child<M> {
  running.stdin.on('error', ignoreBrokenPipe)
  closeEventsAfterEnd(running)
  return {
    events: readUntilEnd(mode, running),
    answer: (value) => void running.stdin.write(`${JSON.stringify(value)}\n`),
    // One piece waits at a time: they may be large.
    feed: (pieces) => pipeline(Readable.from(pieces, { highWaterMark: 1 }), running.stdin).catch(ignoreBrokenPipe),
    kill: (reason) => void running.kill(reason),
    logTail: running.logTail,
    end: async () => {
      const timer = setTimeout(() => void running.kill(), EXIT_SECONDS * 1000)
      return running.ended.finally(() => clearTimeout(timer))
    },
  }
}

async function* readUntilEnd<M extends HarnessMode>(mode: M, running: RunningProcess): AsyncGenerator<HarnessEvent<M>> {
  try {
    yield* readEvents(mode, running.events)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')) throw error
  }
}

/** A descendant may still hold the channel open; what it would write then is nobody's business. */
function closeEventsAfterEnd(running: RunningProcess): void {
  const close = () => void setTimeout(() => running.events.destroy(), 1000).unref()
  running.ended.then(close, close)
}

/** The child may be gone before it reads its answer; its end says why. */
function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (!['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_PREMATURE_CLOSE'].includes(error.code ?? '')) throw error
}

/** What a trusted process died of, as an error for a person. */
export function trustedFailure(what: string, end: End, logTail: string): ExternalError {
  return new ExternalError('environment', `${what} ended without a result (${describeEnd(end)})`, {
    evidence: logTail.trim() === '' ? [] : lastLines(logTail, 8),
    fix: 'improve doctor',
  })
}

export function describeEnd(end: End): string {
  if (end.reason !== 'exited') return `stopped: ${end.reason}`
  return end.signal === null ? `exit code ${end.exitCode}` : `killed by ${end.signal}`
}

export function lastLines(text: string, count: number): string[] {
  return text.trimEnd().split('\n').slice(-count)
}
