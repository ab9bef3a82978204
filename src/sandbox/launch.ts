import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'
import { delimiter, isAbsolute, join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Duplex, Readable, Writable } from 'node:stream'

import { ExternalError } from '../core/errors.ts'
import type { Limits } from './sandbox.ts'

const EVENT_DESCRIPTOR = 3
const CLOSE_ON_EXEC = 0o2000000
const OPEN_FILE_COUNT = 4096
/**
 * The kernel counts threads, and those of all programs of the user, so that the limit itself would hit too early:
 * this one only slows a fork bomb down until the watchdog, which counts exactly, ends it. Root is exempt from it.
 */
const THREADS_PER_PROCESS = 8
const OTHER_THREAD_COUNT = 4096
const NICER_BY = 5
const OOM_SCORE = 800

export type Launch = {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly detached: boolean
  /** Descriptors above 3 that are pipes too. */
  readonly extraPipes: readonly number[]
}

export type LaunchedChild = {
  readonly child: ChildProcess
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  readonly eventPipe: Readable
  readonly events: Readable
  readonly extraPipes: readonly Duplex[]
}

/** Starts a process that yields to others: less CPU, and the first to go when the machine runs out of memory. */
export const launch = async ({ argv, env, cwd, detached, extraPipes }: Launch): Promise<LaunchedChild> => {
  const [program = '', ...args] = argv
  const numbers = [0, 1, 2, EVENT_DESCRIPTOR, ...extraPipes]
  const stdio = Array.from({ length: Math.max(...numbers) + 1 }, (_, number) => (numbers.includes(number) ? 'pipe' : 'ignore'))
  const child = spawn(program, args, { env, cwd, detached, stdio })
  if (child.pid !== undefined) yieldToOthers(child.pid)
  // A broken pipe is no news of its own: the child's end is reported as such.
  for (const stream of child.stdio) stream?.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (cause) => reject(new ExternalError('sandbox', `cannot start ${program}: ${cause.message}`, { cause })))
  })
  const pipes = numbers.map((number) => child.stdio[number])
  const [stdin, stdout, stderr, eventPipe, ...rest] = pipes as unknown as [Writable, Readable, Readable, Duplex, ...Duplex[]]
  return { child, stdin, stdout, stderr, eventPipe, events: keepUnread(eventPipe), extraPipes: rest }
}

/** Node throws away what nobody has begun to read when a child exits; the last events must outlive it. */
const keepUnread = (pipe: Readable): Readable => {
  const kept = new PassThrough()
  pipe.on('close', () => kept.end())
  return pipe.pipe(kept, { end: false })
}

/** The command line that sets the kernel's limits before it becomes `argv`. Empty prefix where there is no prlimit (macOS). */
export const withLimits = (prlimit: string | null, limits: Limits, argv: readonly string[]): readonly string[] => {
  if (prlimit === null) return argv
  const threadCount = limits.processCount * THREADS_PER_PROCESS + OTHER_THREAD_COUNT
  const options = ['--core=0', `--fsize=${limits.fileBytes}`, `--nofile=${OPEN_FILE_COUNT}`, `--nproc=${threadCount}`]
  return [prlimit, ...options, '--', ...argv]
}

/**
 * Descriptors from `first` on that this process was started with and hands on to every child (a shell's pipe, a CI
 * runner's lock file). Node opens none that way.
 */
export const inheritedDescriptors = (first: number): readonly number[] => {
  const numbers = listFolder('/proc/self/fd').map(Number)
  return numbers.filter((number) => number >= first && isInherited(number))
}

const isInherited = (descriptor: number): boolean => {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1'))?.[1] ?? '0'
    return (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0
  } catch {
    // The listing's own descriptor, closed since.
    return false
  }
}

const listFolder = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])

/** A program of the distribution, else one on PATH; null when there is none. */
export const findProgram = (name: string): string | null => {
  const folders = ['/usr/bin', '/bin', ...(process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute)]
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null
}

export const checkProgram = (program: string): void => {
  if (!isAbsolute(program)) throw new ExternalError('sandbox', `the program ${program} is not an absolute path`)
  if (!isExecutable(program)) throw new ExternalError('sandbox', `there is no executable program ${program}`)
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const yieldToOthers = (pid: number): void => {
  try {
    setPriority(pid, Math.min(19, getPriority() + NICER_BY))
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(OOM_SCORE))
  } catch {
    // Courtesy only: the process has ended already, or the system has no such file.
  }
}
