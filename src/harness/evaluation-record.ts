import { readFile, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Outcome } from '../core/outcome.ts'
import type { EvaluationRecord } from '../core/run-state.ts'
import type { Pace } from '../core/step-budget.ts'
import { writeAtomic } from '../files/atomic.ts'
import { hashFile } from '../files/hash.ts'

/** What was asked of an evaluation; written first. */
export const ASKED_FILE = 'evaluation.json'
export const OUTCOME_FILE = 'outcome.json'

/** Written last: its presence says that everything else of the evaluation lies beside it. */
export async function writeOutcome(folder: string, outcome: Outcome): Promise<void> {
  await writeJson(join(folder, OUTCOME_FILE), outcome)
}

/** What `writeOutcome` wrote; null when there is none. */
export async function readOutcome(folder: string): Promise<Outcome | null> {
  const stored = (await readJson(join(folder, OUTCOME_FILE))) as Outcome | null
  return stored === null ? null : complete(stored)
}

/** Of a file of an earlier version: what it does not hold is empty. */
function complete(outcome: Outcome): Outcome {
  if (outcome.status === 'failed') return Object.assign({ evidence: [] }, outcome)
  return { ...outcome, trainings: outcome.trainings.map((training) => Object.assign({ dataShare: null }, training)) }
}

/** Steps and speed of the trainings of an evaluation; null when it failed before they were known. */
export function paceOf(outcome: Outcome | null): Pace | null {
  const training = outcome?.status === 'scored' ? outcome.trainings[0] : undefined
  if (training === undefined) return null
  const { steps, imagesPerSecond, cpuSecondsPerImage, batchSize } = training
  return { steps, imagesPerSecond, cpuSecondsPerImage, batchSize }
}

export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeAtomic(path, `${JSON.stringify(value, null, 2)}\n`)
}

/** Null when the file is missing: files are written in one step, so that there is no half of one. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch(ignoreMissing)
  return text === null ? null : JSON.parse(text)
}

/** SHA-256 of the files named, relative to `folder`. */
export async function hashFiles(folder: string, names: readonly string[]): Promise<EvaluationRecord['files']> {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await hashFile(join(folder, name))])))
}

/** Whether all files of a record are there and what they were. */
export async function isIntact(folder: string, { files }: EvaluationRecord): Promise<boolean> {
  for (const [name, expected] of Object.entries(files)) {
    if ((await hashFile(join(folder, name)).catch(ignoreMissing)) !== expected) return false
  }
  return true
}

/** Bytes of the weights that lie in the folder of an evaluation. */
export async function weightBytes(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.safetensors'))
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))
  return sizes.reduce((total, size) => total + size, 0)
}

/** Removes the weights of all evaluations below the folder of a trial. */
export async function removeWeights(trialFolder: string): Promise<void> {
  const names = await readdir(trialFolder, { recursive: true })
  const weights = names.filter((name) => name.endsWith('.safetensors'))
  await Promise.all(weights.map((name) => rm(join(trialFolder, name), { force: true })))
}

function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
  throw error
}
