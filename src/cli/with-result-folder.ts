import { rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, relative } from 'node:path'
import { ExternalError } from '../core/errors.ts'
import { formatBytes } from '../core/format.ts'
import type { Context } from './context.ts'
import { isFullDisk } from './print-error.ts'
import type { Trial, TrialRun } from './trial.ts'
import { writeTrial } from './write-trial.ts'

/**
 * Runs `work`, which adds each evaluated seed to `runs`. When it is interrupted or cannot go on, the result folder is kept with the
 * seeds that are done, and removed where there is none; a full disk is said with the places that may be meant.
 */
export async function withResultFolder<T>(trial: Trial, runs: TrialRun[], context: Context, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const full = isFullDisk(error) ? await fullDisk(trial, error) : null
    if (runs.length === 0) await rm(trial.folder, { recursive: true, force: true })
    else if (full === null) {
      await writeTrial(trial, runs, null)
      context.terminal.note(`what was done so far lies in ${relative(context.terminal.cwd, trial.folder)}`)
    }
    throw full ?? error
  }
}

async function fullDisk({ folder, parts }: Trial, cause: unknown): Promise<ExternalError> {
  const places = [dirname(folder), parts.cache, tmpdir()]
  return new ExternalError('disk', 'the disk is full', {
    evidence: await Promise.all(places.map(async (place) => `${formatBytes(await freeBytes(place))} free in ${place}`)),
    fix: 'free some space, or name a folder on another disk with --out, IMPROVE_CACHE or TMPDIR',
    cause,
  })
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
