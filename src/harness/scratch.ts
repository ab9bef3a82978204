import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeTemporaryFolder } from '../files/temporary.ts'
import type { Stage } from '../core/outcome.ts'
import { stageFailure } from './failure.ts'
import type { StageFailure } from './failure.ts'
import { BadFile, takeFile } from './take-file.ts'
import type { Expected } from './take-file.ts'

export type Scratch = {
  readonly folder: string
  /** Writable for the child. */
  readonly out: string
}

/** A temporary folder for one process; removed whatever happens. */
export async function withScratch<T>(use: (scratch: Scratch) => Promise<T>): Promise<T> {
  const folder = await makeTemporaryFolder('work')
  try {
    const out = join(folder, 'out')
    await mkdir(out)
    return await use({ folder, out })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Takes a file over from a child's folder; null when that went well. */
export async function collect(path: string, destination: string, expected: Expected, stage: Stage): Promise<StageFailure | null> {
  try {
    await takeFile(path, destination, expected)
    return null
  } catch (error) {
    if (error instanceof BadFile) return stageFailure(stage, 'bad-output', `${stage}: ${error.message}`, '')
    throw error
  }
}
