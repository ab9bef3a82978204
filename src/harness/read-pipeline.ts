import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { COMPONENTS } from '../core/pipeline.ts'
import type { Pipeline } from '../core/pipeline.ts'

/** A component is read by people and prompts; a file beyond this is something else. */
const MAX_SOURCE_BYTES = 256 * 1024

/** The three files of a pipeline folder; a usage error says which one is missing. */
export async function readPipelineFolder(folder: string): Promise<Pipeline> {
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    const reason =
      error.code === 'ENOENT'
        ? 'there is no pipeline folder'
        : error.code === 'ENOTDIR'
          ? 'this is a file, not a pipeline folder:'
          : 'cannot read'
    throw new UsageError(`${reason} ${folder}`, { fix: 'give a folder that holds data.py, model.py and training.py', cause: error })
  })
  const missing = COMPONENTS.map((component) => `${component}.py`).filter((name) => !found.includes(name))
  if (missing.length > 0) {
    throw new UsageError(`the pipeline lacks ${missing.join(' and ')}`, {
      evidence: [`looked in  ${folder}`, `found      ${found.toSorted().slice(0, 8).join(', ') || 'nothing'}`],
      fix: 'a pipeline is three files: data.py, model.py, training.py',
    })
  }
  const [data, model, training] = await Promise.all(COMPONENTS.map((component) => readSource(join(folder, `${component}.py`))))
  return { data: data ?? '', model: model ?? '', training: training ?? '' }
}

async function readSource(path: string): Promise<string> {
  const facts = await stat(path)
  if (!facts.isFile()) throw new UsageError(`${path} is not a file`)
  if (facts.size > MAX_SOURCE_BYTES)
    throw new UsageError(`${path} has ${facts.size} bytes; a component has at most ${MAX_SOURCE_BYTES}`)
  return readFile(path, 'utf8')
}
