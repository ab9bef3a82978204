import { mkdir, symlink } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { ExternalError } from '../../src/core/errors.ts'
import type { Pipeline } from '../../src/core/pipeline.ts'
import type { StagedDataset } from '../../src/dataset/index.ts'
import { cacheFolder } from '../../src/files/cache-folder.ts'
import { ensurePythonEnvironment, measureMachine, prepareDataset, readPipelineFolder } from '../../src/harness/index.ts'
import type { Tools } from '../../src/harness/index.ts'
import { findSandbox } from '../../src/sandbox/index.ts'
import { writePngFolder } from '../../tests/support/png-folder.ts'

const TINY = join(import.meta.dirname, '..', '..', 'harness', 'tests', 'pipelines', 'tiny')
/** Of each of the two classes, for what is measured a process at a time. */
const PICTURES = { train: 600, val: 150, test: 100 } as const

/** Everything that the measurements share. */
export type Staged = {
  readonly scratch: string
  /** A cache folder in which dataset and measured machine lie, so that a run finds them. */
  readonly cache: string
  readonly dataset: StagedDataset
  readonly tools: Tools
  readonly torchVersion: string
  readonly sandbox: string
  readonly tiny: Pipeline
}

/** Draws pictures, stages them and measures the machine, with a cache of its own. Throws `ExternalError` where no sandbox works. */
export async function stage(scratch: string, onNote: (line: string) => void, signal: AbortSignal): Promise<Staged> {
  const { sandbox, reason, fix } = await findSandbox()
  if (sandbox === null)
    throw new ExternalError('sandbox', 'the suite loop measures sandboxed processes, and no sandbox works here', {
      evidence: [reason],
      fix,
    })
  const { python, torchVersion } = await ensurePythonEnvironment({ onProgress: onNote, signal })
  const cache = join(scratch, 'cache')
  await mkdir(cache)
  await symlink(join(cacheFolder(), 'python'), join(cache, 'python'))
  const source = join(scratch, 'halves')
  for (const [split, perClass] of Object.entries(PICTURES)) await writePngFolder(join(source, split), perClass, split)
  onNote('staging pictures, measuring the machine')
  const plain = { sandbox, python, threads: availableParallelism() }
  const dataset = await prepareDataset({ source, groups: null, cache, onProgress: () => {}, onNote, signal }, plain)
  const machine = await measureMachine(plain, torchVersion, cache, signal)
  const tools = { ...plain, machine, threads: machine.threads }
  const common = { scratch, cache, dataset, tools, torchVersion, sandbox: sandbox.description }
  return { ...common, tiny: await readPipelineFolder(TINY) }
}

export const PICTURE_COUNT = 2 * Object.values(PICTURES).reduce((total, count) => total + count, 0)
