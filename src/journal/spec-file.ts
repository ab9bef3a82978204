import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { ExternalError } from '../core/errors.ts'
import { runSpecSchema } from '../core/run-spec.ts'
import type { RunSpec } from '../core/run-spec.ts'
import { writeAtomic } from '../files/index.ts'
import type { RunFolder } from './run-folder.ts'

/** The spec in `run.json`; null when there is no such file. */
export async function readSpec({ spec }: RunFolder): Promise<RunSpec | null> {
  let text: string
  try {
    text = await readFile(spec, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
  const parsed = runSpecSchema.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw new ExternalError('journal', 'run.json does not hold the spec of a run', {
    evidence: [
      `looked in  ${spec}`,
      ...parsed.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.')}: ${message}`),
    ],
    fix: 'put it back as it was; it is written once and never changes',
  })
}

/** Writes `run.json` where there is none; one that is there must say the same. */
export async function ensureSpec(folder: RunFolder, spec: RunSpec): Promise<void> {
  const written = await readSpec(folder)
  if (written === null) await writeAtomic(folder.spec, `${JSON.stringify(spec, null, 2)}\n`)
  else checkSame(folder, written, spec)
}

function checkSame({ spec: path }: RunFolder, written: RunSpec, journaled: RunSpec): void {
  const keys = Object.keys(runSpecSchema.shape) as (keyof RunSpec)[]
  // As JSON carries it: a field that is undefined is one that is not there.
  const plain = runSpecSchema.parse(JSON.parse(JSON.stringify(journaled)))
  const differing = keys.filter((key) => !isDeepStrictEqual(written[key], plain[key]))
  if (differing.length === 0) return
  throw new ExternalError('journal', `run.json and the journal disagree about ${differing.join(', ')}`, {
    evidence: [`looked in  ${path}`],
    fix: 'put run.json back as it was, or remove it: it is written again from the journal',
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
