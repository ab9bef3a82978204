import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** One look at a sealed test. */
export type Opening = { readonly at: string; readonly command: string; readonly seeds: readonly number[]; readonly folder: string }

/**
 * Counts a look at a sealed test, before it is taken, and returns how many there have been. A test that is looked at often is no
 * longer a surprise to whoever chooses pipelines, so the count is shown beside each result. `testHash` is that of the test's own
 * pixels: another name, folder or grouping of the same dataset does not start anew. The count is on disk when the promise resolves.
 */
export async function countOpening(cache: string, testHash: string, opening: Opening): Promise<number> {
  const path = openingsFile(cache, testHash)
  await mkdir(dirname(path), { recursive: true })
  const file = await open(path, 'a')
  try {
    await file.write(`${JSON.stringify(opening)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  return readOpenings(cache, testHash)
}

export async function readOpenings(cache: string, testHash: string): Promise<number> {
  const text = await readFile(openingsFile(cache, testHash), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return text.split('\n').filter((line) => line !== '').length
}

function openingsFile(cache: string, testHash: string): string {
  return join(cache, 'test-openings', `${testHash}.jsonl`)
}
