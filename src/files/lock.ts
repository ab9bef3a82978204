import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRunning, ownIdentity, type ProcessIdentity } from './process-identity.ts'

const POLL_MILLISECONDS = 200

export type LockOptions = {
  /** Told once, when another process holds the lock and we start to wait. */
  readonly onWait?: (holderPid: number) => void
  readonly signal?: AbortSignal
}

export type LockAttempt =
  | { readonly status: 'held'; readonly release: () => Promise<void> }
  | { readonly status: 'busy'; readonly holder: ProcessIdentity }

/**
 * Runs `body` while no other process of this machine, and no other caller in this process, holds the lock `path`. Waits as long as
 * needed; a lock whose process is gone is taken over.
 *
 * `path` becomes a folder of numbered claims. The highest number holds the lock until its file is empty or its process is gone; the
 * next holder is whoever creates the next number, which the file system grants once. The highest claim is never deleted, so numbers
 * only grow and two processes that see the same dead holder cannot both win. Not covered: processes on other machines.
 */
export async function withLock<T>(path: string, { onWait, signal }: LockOptions, body: () => Promise<T>): Promise<T> {
  let isTold = false
  for (;;) {
    signal?.throwIfAborted()
    const attempt = await tryLock(path)
    if (attempt.status === 'held') return await holding(attempt.release, body)
    if (!isTold) onWait?.(attempt.holder.pid)
    isTold = true
    await sleep(POLL_MILLISECONDS, undefined, signal ? { signal } : {})
  }
}

async function holding<T>(release: () => Promise<void>, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } finally {
    await release()
  }
}

/** Takes the lock without waiting, or says which running process holds it. */
export async function tryLock(path: string): Promise<LockAttempt> {
  await mkdir(path, { recursive: true })
  for (;;) {
    const last = await lastClaim(path)
    const holder = last === 0 ? null : await holderOf(claimFile(path, last))
    if (holder !== null) return { status: 'busy', holder }
    // Emptying a file needs no space, so that a lock can be released on a full disk.
    if (await claim(path, last + 1)) return { status: 'held', release: () => truncate(claimFile(path, last + 1)) }
  }
}

/** The running process that holds the lock; null when none does. */
export async function lockHolder(path: string): Promise<ProcessIdentity | null> {
  try {
    const last = await lastClaim(path)
    return last === 0 ? null : await holderOf(claimFile(path, last))
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null
    throw error
  }
}

/** Tries to become number `number`. A claim below the highest comes from an outdated view and is withdrawn. */
async function claim(path: string, number: number): Promise<boolean> {
  const file = claimFile(path, number)
  if (!(await createWithContent(path, file, JSON.stringify(ownIdentity())))) return false
  if ((await lastClaim(path)) > number) {
    await rm(file, { force: true })
    return false
  }
  await removeClaimsBefore(path, number)
  return true
}

/** Creates the file together with its content; false when it exists. `link` does both in one step. */
async function createWithContent(folder: string, file: string, content: string): Promise<boolean> {
  const temporary = join(folder, `new-${process.pid}-${randomBytes(4).toString('hex')}`)
  await writeFile(temporary, content, { flag: 'wx' })
  try {
    await link(temporary, file)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

/** The running process behind a claim; null when it is released, gone, or the claim was just removed. */
async function holderOf(file: string): Promise<ProcessIdentity | null> {
  let content: unknown
  try {
    content = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    // An empty claim is released; an unreadable one lost power before its content reached the disk.
    if (hasCode(error, 'ENOENT') || error instanceof SyntaxError) return null
    throw error
  }
  return isIdentity(content) && isRunning(content) ? content : null
}

function isIdentity(value: unknown): value is ProcessIdentity {
  return typeof value === 'object' && value !== null && 'pid' in value && 'startedAt' in value && 'bootId' in value
}

async function lastClaim(path: string): Promise<number> {
  return Math.max(0, ...(await claimNumbers(path)))
}

async function removeClaimsBefore(path: string, number: number): Promise<void> {
  for (const old of await claimNumbers(path)) if (old < number) await rm(claimFile(path, old), { force: true })
}

async function claimNumbers(path: string): Promise<number[]> {
  return (await readdir(path)).filter((name) => /^\d+$/.test(name)).map(Number)
}

function claimFile(path: string, number: number): string {
  return join(path, String(number))
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
