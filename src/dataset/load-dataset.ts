import { readFile, stat } from 'node:fs/promises'
import type { DatasetFacts } from '../core/dataset.ts'
import { datasetSchema } from '../core/dataset.ts'
import { ExternalError } from '../core/errors.ts'
import { hashFile } from '../files/hash.ts'
import { findOverlap } from './check-disjoint.ts'
import { layout } from './staged-dataset.ts'
import type { StagedDataset } from './staged-dataset.ts'

/** Pixel files are hashed at every start up to this size together; above, their size alone is compared. */
const HASHED_PIXEL_BYTES = 64 << 20

/** Reads a staged dataset and checks that it is what `prepare` wrote, and that no picture and no group is in two splits. */
export async function loadDataset(folder: string): Promise<StagedDataset> {
  const facts = await readFacts(folder)
  await checkSizes(folder, facts)
  await checkHashes(folder, facts)
  const overlap = await findOverlap(folder, facts)
  if (overlap !== null) throw damaged(folder, overlap)
  return { folder, facts }
}

async function readFacts(folder: string): Promise<DatasetFacts> {
  const path = layout.facts(folder)
  const parsed = datasetSchema.safeParse(parseJson(await readFile(path, 'utf8')))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw damaged(folder, `dataset.json is not valid: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function checkSizes(folder: string, facts: DatasetFacts): Promise<void> {
  for (const [name, part] of Object.entries(facts.parts)) {
    await checkSize(folder, layout.labels(folder, name), 4 * part.count)
    await checkSize(folder, layout.shapes(folder, name), 8 * part.count)
    await checkSize(folder, layout.pixels(folder, name), part.pixelCount * facts.channels)
  }
}

async function checkSize(folder: string, path: string, bytes: number): Promise<void> {
  const found = (await stat(path).catch(() => null))?.size
  if (found !== bytes) throw damaged(folder, `${path} has ${found ?? 'no'} bytes, expected ${bytes}`)
}

async function checkHashes(folder: string, facts: DatasetFacts): Promise<void> {
  const parts = Object.entries(facts.parts)
  const pixelBytes = parts.reduce((total, [, part]) => total + part.pixelCount * facts.channels, 0)
  const wanted = parts.flatMap(([name, part]) => [
    [layout.labels(folder, name), part.sha256.labels],
    [layout.shapes(folder, name), part.sha256.shapes],
    ...(pixelBytes <= HASHED_PIXEL_BYTES ? [[layout.pixels(folder, name), part.sha256.pixels]] : []),
  ])
  const lists = [
    [layout.items(folder), facts.sha256.items],
    [layout.quarantine(folder), facts.sha256.quarantine],
    [layout.card(folder), facts.sha256.card],
  ]
  const dev = facts.folds.map((fold, number) => [layout.dev(folder, number), fold.dev])
  for (const [path = '', expected] of [...wanted, ...lists, ...dev]) {
    if ((await hashFile(path).catch(() => null)) !== expected) throw damaged(folder, `${path} is not the file that was written`)
  }
}

function damaged(folder: string, reason: string): ExternalError {
  return new ExternalError('dataset', 'the staged dataset is damaged', {
    evidence: [reason],
    fix: `rm -r '${folder}' and run the command again; it is made anew from your images`,
  })
}
