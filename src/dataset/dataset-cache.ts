import { mkdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { writeAtomic } from '../files/atomic.ts'
import { hashFile, hashText } from '../files/hash.ts'
import { withLock } from '../files/lock.ts'
import { readItems } from './items.ts'
import { loadDataset } from './load-dataset.ts'
import { listSource } from './source-listing.ts'
import type { SourceListing } from './source-listing.ts'
import { layout } from './staged-dataset.ts'
import type { StagedDataset } from './staged-dataset.ts'

/**
 * Raised when `prepare` begins to write something else for the same input. It is part of every name in the cache, so that what an
 * older version staged is not looked at: the images are prepared anew.
 */
const FORMAT = 2

export type CacheRequest = {
  /** Absolute path of the user's folder or archive. */
  readonly source: string
  /** Whatever else decides what `prepare` writes; JSON. */
  readonly options: unknown
  /** The folder of all staged datasets. */
  readonly cache: string
  /** Writes a staged dataset into the empty folder given. */
  readonly prepare: (folder: string) => Promise<void>
  readonly onWait: () => void
  readonly signal: AbortSignal
}

export type CachedDataset = StagedDataset & {
  readonly key: string
  /** How it was found: by times and sizes, by content, or made just now. */
  readonly origin: 'unchanged' | 'same content' | 'prepared'
}

const entrySchema = z.object({
  key: z.string().regex(/^[0-9a-f]{32}$/),
  exact: z.string(),
  loose: z.string(),
  archive: z.string().nullable(),
})
type Entry = z.infer<typeof entrySchema>

/** The staged dataset of a source: at once when nothing changed, after a comparison of hashes when only times did, else prepared. */
export async function openDataset(request: CacheRequest): Promise<CachedDataset> {
  const name = hashText(JSON.stringify([FORMAT, request.source, request.options])).slice(0, 32)
  const place = { index: join(request.cache, 'sources', `${name}.json`), unfinished: join(request.cache, 'unfinished', name) }
  for (const folder of ['sources', 'unfinished', 'locks']) await mkdir(join(request.cache, folder), { recursive: true })
  const lock = { onWait: request.onWait, signal: request.signal }
  return withLock(join(request.cache, 'locks', name), lock, async () => {
    // Only the holder of the lock writes here: what is found was left by a process that was killed.
    await rm(place.unfinished, { recursive: true, force: true })
    const listing = listSource(request.source)
    const entry = await readEntry(place.index)
    const found = await findStaged(request, entry, listing)
    if (found === null) return prepareAnew(request, place, listing)
    const staged = await loadDataset(join(request.cache, found.key))
    await writeEntry(place.index, { ...found.entry, exact: listing.exact })
    return { ...staged, key: found.key, origin: found.origin }
  })
}

type Found = { readonly key: string; readonly entry: Entry; readonly origin: 'unchanged' | 'same content' }

async function findStaged(request: CacheRequest, entry: Entry | null, listing: SourceListing): Promise<Found | null> {
  if (entry === null || entry.loose !== listing.loose) return null
  const folder = join(request.cache, entry.key)
  if ((await stat(layout.facts(folder)).catch(() => null)) === null) return null
  if (entry.exact === listing.exact) return { key: entry.key, entry, origin: 'unchanged' }
  return (await hasSameContent(request, entry, folder)) ? { key: entry.key, entry, origin: 'same content' } : null
}

/** Compares the files behind the staged images with their hashes. What was quarantined may have been mended, so it is read anew. */
async function hasSameContent({ source, signal }: CacheRequest, entry: Entry, folder: string): Promise<boolean> {
  if (entry.archive !== null) return (await hashFile(source, signal)) === entry.archive
  if ((await readFile(layout.quarantine(folder), 'utf8')).trim() !== '') return false
  for await (const item of readItems(layout.items(folder))) {
    const hash = await hashFile(join(source, item.path), signal).catch(() => null)
    signal.throwIfAborted()
    if (hash !== item.sha256) return false
  }
  return true
}

async function prepareAnew(
  request: CacheRequest,
  place: { index: string; unfinished: string },
  listing: SourceListing,
): Promise<CachedDataset> {
  await mkdir(place.unfinished)
  try {
    await request.prepare(place.unfinished)
    const staged = await loadDataset(place.unfinished)
    const key = hashText(JSON.stringify([FORMAT, staged.facts.contentHash, staged.facts.name, request.options])).slice(0, 32)
    // The same images at two paths have two locks; what both become has a third.
    await withLock(join(request.cache, 'locks', key), { signal: request.signal }, () =>
      moveInto(place.unfinished, join(request.cache, key)),
    )
    const archive = (await stat(request.source)).isFile() ? await hashFile(request.source, request.signal) : null
    await writeEntry(place.index, { key, exact: listing.exact, loose: listing.loose, archive })
    return { ...staged, folder: join(request.cache, key), key, origin: 'prepared' }
  } finally {
    await rm(place.unfinished, { recursive: true, force: true })
  }
}

/** The same images at another path were staged before: one copy is enough. A copy that is damaged is replaced. */
async function moveInto(unfinished: string, destination: string): Promise<void> {
  const exists = await loadDataset(destination).then(
    () => true,
    () => false,
  )
  if (exists) return utimes(destination, new Date(), new Date())
  await rm(destination, { recursive: true, force: true })
  await rename(unfinished, destination)
}

async function readEntry(path: string): Promise<Entry | null> {
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null) return null
  return entrySchema.safeParse(parseOrNull(text)).data ?? null
}

/** A torn or foreign file counts as none: the images are looked at anew. */
function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

async function writeEntry(path: string, entry: Entry): Promise<void> {
  await writeAtomic(path, JSON.stringify(entry))
}
