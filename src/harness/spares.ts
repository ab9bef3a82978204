import { once } from 'node:events'
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeTemporaryFolder } from '../files/temporary.ts'
import type { Limits, Mount, RunningProcess } from '../sandbox/sandbox.ts'
import type { HarnessMode } from './events.ts'
import { startPython } from './start-python.ts'
import type { Python } from './start-python.ts'

/** Nobody waits this long for a job; the call that takes a spare sets its own limit. */
const WAITING_SECONDS = 86_400
/** Node runs a timer of more milliseconds than this at once. */
const LONGEST_TIMER = 2 ** 31 - 1
/** What is known of the dataset is bound when a spare starts; the rest of what the child sees lies in folders that are empty then. */
const DATA = '/data/'
const LATE_FOLDERS = ['job', 'code', 'weights', 'out'] as const

export type SpareCall = {
  readonly mode: HarnessMode
  readonly mounts: readonly Mount[]
  readonly limits: Limits
}

/** A process that a call has taken over; `finish` is called when it has ended, and puts what it wrote where the call looks for it. */
export type TakenSpare = { readonly running: RunningProcess; readonly finish: () => Promise<void> }

type Started = { readonly folder: string; readonly running: RunningProcess }
type Spare = { readonly key: string; readonly started: Promise<Started>; readonly warm: Promise<unknown> }

/**
 * Sandboxed processes that have imported what they need and wait for a job, so that a training or a prediction begins at once. Each is
 * bound to empty folders into which the host writes code, weights and job when it is taken; until then it runs none but our own code,
 * and it is used once. Without a sandbox the child is told other paths, and no spare is made.
 */
export class Spares {
  private readonly waiting: Spare[] = []
  private readonly stop = new AbortController()

  /** Starts a spare for a call like this one, unless one waits already. */
  prepare(tools: Python, call: SpareCall): void {
    const key = keyOf(tools, call)
    if (this.stop.signal.aborted || tools.sandbox.level === 0 || this.waiting.some((spare) => spare.key === key)) return
    const started = startSpare(tools, call, this.stop.signal)
    // A spare that does not start is no failure of anything: its call then starts a process of its own, and says what is wrong.
    const warm = started.then(untilWarm).catch(() => null)
    this.waiting.push({ key, started, warm })
  }

  /** The spare for a call, its files in place and its job begun; null when there is none, or it died. */
  async take(tools: Python, call: SpareCall, job: unknown, signal: AbortSignal): Promise<TakenSpare | null> {
    const key = keyOf(tools, call)
    const index = this.waiting.findIndex((spare) => spare.key === key)
    const [spare] = index < 0 ? [] : this.waiting.splice(index, 1)
    if (spare === undefined) return null
    // Another one that still imports would slow the steps by which the speed of a training is measured.
    await Promise.all([spare, ...this.waiting].map((each) => each.warm))
    const started = await spare.started.catch(() => null)
    if (started === null) return null
    if (!(await isAlive(started.running))) {
      await remove(started)
      return null
    }
    await writeLate(started.folder, call.mounts, job)
    return begin(started, call, signal)
  }

  /** Waits until every spare has imported what it needs, or died. */
  async allWarm(): Promise<void> {
    await Promise.all(this.waiting.map((spare) => spare.warm))
  }

  /** Ends every spare that waits; no process and no folder is left. */
  async close(): Promise<void> {
    this.stop.abort(new Error('no spare is needed any more'))
    const spares = this.waiting.splice(0)
    await Promise.all(spares.map((spare) => spare.started.then(remove, () => {})))
  }
}

/** Calls of the same key can be served by the same spare. */
function keyOf({ python, threads, entry }: Python, { mode, mounts, limits }: SpareCall): string {
  const data = mounts.filter((mount) => mount.guest.startsWith(DATA)).map(({ host, guest }) => [host, guest])
  return JSON.stringify([mode, python, threads, entry, data, { ...limits, wallSeconds: WAITING_SECONDS }])
}

async function startSpare(tools: Python, { mode, mounts, limits }: SpareCall, signal: AbortSignal): Promise<Started> {
  const folder = await makeTemporaryFolder('job')
  try {
    for (const name of LATE_FOLDERS) await mkdir(join(folder, name))
    const late: Mount[] = LATE_FOLDERS.map((name) => ({ host: join(folder, name), guest: `/${name}`, writable: name === 'out' }))
    const data = mounts.filter((mount) => mount.guest.startsWith(DATA))
    const command = { mode, waits: true, mounts: [...late, ...data], limits: { ...limits, wallSeconds: WAITING_SECONDS } }
    return { folder, running: await startPython(tools, command, signal) }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** The first thing that a spare says is that it is warm; it stays to be read by whoever takes it. */
async function untilWarm({ running }: Started): Promise<void> {
  await Promise.race([once(running.events, 'readable'), running.ended])
}

/** A process that is warm has said so, and nobody has read it yet; one whose events ended without a word has died, or will have. */
async function isAlive({ ended, events }: RunningProcess): Promise<boolean> {
  if (events.readableLength === 0) return false
  const gone = ended.then(
    () => false,
    () => false,
  )
  return Promise.race([gone, new Promise<boolean>((resolve) => void setImmediate(resolve, true))])
}

/** Copies what a call binds beside the dataset into the folders that the spare was bound to. */
async function writeLate(folder: string, mounts: readonly Mount[], job: unknown): Promise<void> {
  for (const { host, guest, writable } of mounts) {
    if (!guest.startsWith(DATA) && writable !== true) await cp(host, join(folder, guest), { recursive: true })
  }
  await writeFile(join(folder, 'job', 'job.json'), JSON.stringify(job))
}

function begin({ folder, running }: Started, { mounts, limits }: SpareCall, signal: AbortSignal): TakenSpare {
  const abort = () => void running.kill('aborted')
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  const timer = setTimeout(() => void running.kill('timeout'), Math.min(limits.wallSeconds * 1000, LONGEST_TIMER))
  running.stdin.write('\n')
  const finish = async (): Promise<void> => {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
    const out = mounts.find((mount) => mount.writable)
    if (out !== undefined) {
      await rm(out.host, { recursive: true, force: true })
      await rename(join(folder, 'out'), out.host)
    }
    await rm(folder, { recursive: true, force: true })
  }
  return { running, finish }
}

async function remove({ folder, running }: Started): Promise<void> {
  await running.kill()
  await rm(folder, { recursive: true, force: true })
}
