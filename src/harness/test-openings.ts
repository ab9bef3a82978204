import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** One look at a sealed test. */
export type Opening = { readonly at: string; readonly command: string; readonly seeds: readonly number[]; readonly folder: string }

/**
 * Counts a look at the sealed test of a dataset, before it is taken, and returns how many there have been. A test that is looked at
 * often is no longer a surprise to whoever chooses pipelines, so the count is shown beside each result.
 */
export async function countOpening(cache: string, datasetKey: string, opening: Opening): Promise<number> {
  const path = openingsFile(cache, datasetKey)
  await mkdir(dirname(path), { recursive: true })
  await appendFile(path, `${JSON.stringify(opening)}\n`)
  return readOpenings(cache, datasetKey)
}

export async function readOpenings(cache: string, datasetKey: string): Promise<number> {
  const text = await readFile(openingsFile(cache, datasetKey), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return text.split('\n').filter((line) => line !== '').length
}

function openingsFile(cache: string, datasetKey: string): string {
  return join(cache, 'test-openings', `${datasetKey}.jsonl`)
}
