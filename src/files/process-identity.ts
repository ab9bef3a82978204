import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Names one process of one boot: a process number alone is reused. */
export type ProcessIdentity = { readonly pid: number; readonly startedAt: string; readonly bootId: string }

export function ownIdentity(): ProcessIdentity {
  const startedAt = startTimeOf(process.pid)
  if (startedAt === null) throw new Error('cannot read the start time of this process')
  return { pid: process.pid, startedAt, bootId: bootId() }
}

/** The process that has this number now; null when none has. */
export function identityOf(pid: number): ProcessIdentity | null {
  const startedAt = startTimeOf(pid)
  return startedAt === null ? null : { pid, startedAt, bootId: bootId() }
}

/** Whether that very process runs now on this machine. Processes of other machines and other containers are not seen. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identity.bootId === bootId() && startTimeOf(identity.pid) === identity.startedAt
}

/** Opaque text that differs between two processes with the same number; null when there is no such process. */
function startTimeOf(pid: number): string | null {
  return process.platform === 'linux' ? linuxStartTime(pid) : (readCommand('ps', ['-o', 'lstart=', '-p', String(pid)]) ?? null)
}

/** Clock ticks since boot. A zombie has ended its work, so it counts as gone. */
function linuxStartTime(pid: number): string | null {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch (error) {
    if (isGone(error)) return null
    throw error
  }
  // The program's name, in parentheses, may hold spaces and parentheses of its own.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null)
}

let cachedBootId: string | undefined

function bootId(): string {
  cachedBootId ??=
    process.platform === 'linux'
      ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
      : (readCommand('sysctl', ['-n', 'kern.boottime']) ?? 'unknown')
  return cachedBootId
}

function readCommand(program: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || undefined
  } catch (error) {
    // `ps` exits with 1 for a process that does not exist; anything else is a machine without these programs.
    if (error instanceof Error && 'status' in error && typeof error.status === 'number') return undefined
    throw error
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')
}
