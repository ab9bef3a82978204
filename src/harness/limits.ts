import { availableParallelism, totalmem } from 'node:os'
import type { Limits } from '../sandbox/sandbox.ts'
import type { HarnessMode } from './events.ts'

const GIB = 2 ** 30

/** Seconds that a Python process may take from its start to `process.ready`: a first import of torch from a slow disk. */
export const START_SECONDS = 180
/** Seconds for the static check and the smoke run together; three batches of a pipeline that is worth training take a few. */
export const SMOKE_SECONDS = 120
/** Seconds that a process may take to exit once it said that it finished. */
export const EXIT_SECONDS = 10

/** A third of the machine: two trainings side by side, and the rest for everything else. */
export function memoryLimit(totalBytes: number = totalmem()): number {
  return Math.max(2 * GIB, Math.floor(totalBytes / 3))
}

/**
 * What the stored pixels of a dataset may take: half of what a process may use, so that they can stay in memory beside a training, and
 * an eighth of the disk of the cache, because preparing holds them twice for a while. Free space would change from start to start
 * and with it the stored size; for the same reason the result is a power of two, which a kernel that keeps some more memory does
 * not change.
 */
export function storeByteLimit(processBytes: number, diskBytes: number): number {
  return 2 ** Math.floor(Math.log2(Math.min(processBytes / 2, diskBytes / 8)))
}

const PROCESS_COUNT = 64 + 16 * availableParallelism()

/** The limits of one process; `wallSeconds` is the outermost guard, stages have tighter ones of their own. */
export function limitsOf(mode: HarnessMode, wallSeconds: number): Limits {
  const common = { memoryBytes: memoryLimit(), wallSeconds, processCount: PROCESS_COUNT }
  switch (mode) {
    case 'prepare':
      return { ...common, fileBytes: 1024 * GIB, outBytes: 1024 * GIB }
    case 'train':
      return { ...common, fileBytes: 8 * GIB, outBytes: 16 * GIB }
    case 'predict':
    case 'classify':
      return { ...common, fileBytes: 8 * GIB, outBytes: 9 * GIB }
    case 'machine':
    case 'score':
      return { ...common, fileBytes: GIB, outBytes: GIB }
  }
}
