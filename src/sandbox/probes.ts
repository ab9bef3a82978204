import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { makeTemporaryFolder } from '../files/temporary.ts'

import { sharedMemoryBytes } from './bwrap-arguments.ts'
import { interpreterMounts } from './interpreter-mounts.ts'
import { HOG_PROGRAM, ORPHAN_PROGRAM, PROBE_PROGRAM } from './probe-program.ts'
import type { Limits, Mount, RunningProcess, Sandbox } from './sandbox.ts'

export type Probe = { readonly name: string; readonly passed: boolean; readonly detail: string }

const LIMITS: Limits = { memoryBytes: 2 ** 28, wallSeconds: 10, processCount: 16, fileBytes: 2 ** 20, outBytes: 2 ** 20 }
const HOG_LIMIT_BYTES = 2 ** 26
const PLANTED_VARIABLE = 'IMPROVE_PLANTED_KEY'
const ORPHAN_MILLISECONDS = 1000

/** Names in `PROBE_PROGRAM`, and what a person reads. */
const PROBE_NAMES = {
  environment: 'environment is empty',
  host_file: 'host files are hidden',
  loopback: 'host network is out of reach',
  read_only: 'read-only mount refuses writes',
  user_namespace: 'no new user namespace',
  set_user: 'setuid is refused',
  shared_memory: '/dev/shm has its size',
  processes: 'host processes are invisible',
} as const

/** Tries ten things that must not succeed in a sandbox; each is really done. Takes about a second. */
export const runProbes = async (sandbox: Sandbox, python: string): Promise<Probe[]> => {
  const folder = await makeTemporaryFolder('probe')
  try {
    const [looked, orphan, hog] = await Promise.all([
      lookAround(sandbox, python, folder),
      probeOrphan(sandbox, python),
      probeMemory(sandbox, python),
    ])
    return [...looked, orphan, hog]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const lookAround = async (sandbox: Sandbox, python: string, folder: string): Promise<Probe[]> => {
  const label = join(folder, 'labels.i32')
  const mount: Mount = { host: join(folder, 'mounted'), guest: '/data' }
  await Promise.all([writeFile(label, 'label'), mkdir(mount.host)])
  const listener = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const port = (listener.address() as AddressInfo).port
  process.env[PLANTED_VARIABLE] = randomUUID()
  try {
    const args = [PLANTED_VARIABLE, label, String(port), sandbox.pathOf(mount)]
    const running = await startPython(sandbox, python, [PROBE_PROGRAM, ...args], [mount])
    return parseFound(await readAll(running), running.logTail())
  } finally {
    delete process.env[PLANTED_VARIABLE]
    listener.close()
  }
}

const probeOrphan = async (sandbox: Sandbox, python: string): Promise<Probe> => {
  const running = await startPython(sandbox, python, [ORPHAN_PROGRAM])
  const hasStarted = await Promise.race([once(running.events, 'data').then(() => true), running.ended.then(() => false)])
  await running.kill()
  // The grandchild alone still holds descriptor 3 after a kill that missed it.
  running.events.resume()
  const isGone = await within(ORPHAN_MILLISECONDS, running.events)
  const detail = hasStarted
    ? `a grandchild in its own session ${isGone ? 'ended too' : 'lives on'}`
    : `it did not start: ${running.logTail()}`
  return { name: 'kill reaches every descendant', passed: hasStarted && isGone, detail }
}

const probeMemory = async (sandbox: Sandbox, python: string): Promise<Probe> => {
  const running = await startPython(sandbox, python, [HOG_PROGRAM], [], { ...LIMITS, memoryBytes: HOG_LIMIT_BYTES })
  const { reason, peakMemoryBytes } = await running.ended
  const detail = `ended by ${reason} at ${peakMemoryBytes >> 20} MiB of ${HOG_LIMIT_BYTES >> 20} MiB`
  return { name: 'memory limit holds', passed: reason === 'memory', detail }
}

const startPython = (
  sandbox: Sandbox,
  python: string,
  [program = '', ...args]: readonly string[],
  mounts: readonly Mount[] = [],
  limits = LIMITS,
): Promise<RunningProcess> => {
  const env = { SHARED_MEMORY_BYTES: String(sharedMemoryBytes(limits.memoryBytes)) }
  const command = {
    program: python,
    args: ['-I', '-c', program, ...args],
    mounts: [...interpreterMounts(python), ...mounts],
    env,
    limits,
  }
  return sandbox.start(command, new AbortController().signal)
}

const readAll = async (running: RunningProcess): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of running.events) chunks.push(chunk as Buffer)
  await running.ended
  return Buffer.concat(chunks).toString('utf8')
}

const parseFound = (text: string, logTail: string): Probe[] => {
  const found = (text === '' ? {} : JSON.parse(text)) as Record<string, [boolean, string] | undefined>
  return Object.entries(PROBE_NAMES).map(([key, name]) => {
    const [passed, detail] = found[key] ?? [false, `no answer: ${logTail}`]
    return { name, passed, detail }
  })
}

const within = (milliseconds: number, stream: RunningProcess['events']): Promise<boolean> =>
  new Promise((resolve) => {
    if (stream.readableEnded) return resolve(true)
    const timer = setTimeout(() => resolve(false), milliseconds)
    stream.once('end', () => {
      clearTimeout(timer)
      resolve(true)
    })
  })
