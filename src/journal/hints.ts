import { appendFile, readFile } from 'node:fs/promises'
import type { RunFolder } from './run-folder.ts'

/** More than this of one hint is not told to the team. */
export const MAX_HINT_LENGTH = 2000

/** Leaves word for the team of a run, also while another process is at work on it. */
export async function addHint({ hints }: RunFolder, text: string): Promise<void> {
  await appendFile(hints, `${JSON.stringify(text.slice(0, MAX_HINT_LENGTH))}\n`)
}

/** All that was left, oldest first. A line that is being written at this moment comes with the next call. */
export async function readHints({ hints }: RunFolder): Promise<string[]> {
  const text = await readFile(hints, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  })
  return text.split('\n').slice(0, -1).flatMap(parseHint)
}

/** Lines that another hand has spoilt count as nothing said, but keep their place. */
function parseHint(line: string): string[] {
  try {
    const hint: unknown = JSON.parse(line)
    return [typeof hint === 'string' ? hint : '']
  } catch {
    return ['']
  }
}
