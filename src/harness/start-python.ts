import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { interpreterMounts } from '../sandbox/index.ts'
import type { Limits, Mount, RunningProcess, Sandbox } from '../sandbox/sandbox.ts'
import { pythonEnvironment } from './environment.ts'
import type { HarnessMode } from './events.ts'

/** The entry of the Python package beside this one, two folders up from src/harness and from dist/harness. */
const ENTRY = fileURLToPath(new URL('../../harness/run.py', import.meta.url))

/** What every Python process needs of the host; `entry` replaces the harness in tests. */
export type Python = { readonly sandbox: Sandbox; readonly python: string; readonly threads: number; readonly entry?: string }

export type PythonCommand = {
  readonly mode: HarnessMode
  /** Whether it imports what it needs and then waits for a line on stdin before it reads its job. */
  readonly waits: boolean
  /** One of them is the folder `/job`, which holds job.json. */
  readonly mounts: readonly Mount[]
  readonly limits: Limits
}

/** Starts a process of the harness in the sandbox. */
export function startPython(tools: Python, command: PythonCommand, signal: AbortSignal): Promise<RunningProcess> {
  const { sandbox, python, threads, entry = ENTRY } = tools
  const { mode, mounts, limits, waits } = command
  const harness: Mount = { host: dirname(entry), guest: '/harness' }
  const jobFolder = mounts.find((mount) => mount.guest === '/job')
  if (jobFolder === undefined) throw new Error('a process without the folder of its job')
  const job = join(sandbox.pathOf(jobFolder), 'job.json')
  return sandbox.start(
    {
      program: python,
      // -I would also ignore the environment, and with it the hash seed; that is built from nothing anyway.
      args: ['-s', '-P', join(sandbox.pathOf(harness), basename(entry)), mode, job, ...(waits ? ['wait'] : [])],
      mounts: [...interpreterMounts(python), harness, ...mounts],
      env: pythonEnvironment(threads),
      limits,
    },
    signal,
  )
}
