import { createHash } from 'node:crypto'
import { readdirSync, realpathSync, statSync } from 'node:fs'
import type { BigIntStats, Dirent } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { quoteForShell } from '../core/format.ts'

/** What a source looks like from outside: hashes over its files, without reading them. */
export type SourceListing = {
  readonly fileCount: number
  /** Over relative path, size and modification time of every file. */
  readonly exact: string
  /** Over relative path and size alone: unchanged by a copy or a `touch`. */
  readonly loose: string
}

/** Lists a folder, or a file as itself. Synchronous calls, since 10,000 awaited ones take several times as long. */
export function listSource(source: string): SourceListing {
  const exact = createHash('sha256')
  const loose = createHash('sha256')
  let fileCount = 0
  const add = (path: string, facts: BigIntStats) => {
    loose.update(`${path}\0${facts.size}\n`)
    exact.update(`${path}\0${facts.size}\0${facts.mtimeNs}\n`)
    fileCount++
  }
  const root = statSync(source, { bigint: true })
  if (root.isDirectory()) walk(source, '', [realpathSync(source)], add)
  else add('', root)
  return { fileCount, exact: exact.digest('hex'), loose: loose.digest('hex') }
}

/** `chain` holds the real folders above, so that a link to one of them does not loop. */
function walk(root: string, prefix: string, chain: readonly string[], add: (path: string, facts: BigIntStats) => void): void {
  const entries = readFolder(join(root, prefix)).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`
    const full = join(root, path)
    if (isFolder(entry, full)) {
      const real = realpathSync(full)
      if (!chain.includes(real)) walk(root, path, [...chain, real], add)
    } else {
      const facts = statSync(full, { bigint: true, throwIfNoEntry: false })
      if (facts !== undefined) add(path, facts)
    }
  }
}

function isFolder(entry: Dirent, full: string): boolean {
  return entry.isSymbolicLink() ? statSync(full, { throwIfNoEntry: false })?.isDirectory() === true : entry.isDirectory()
}

/** What a folder of the user's holds; one that may not be read is said in a sentence. */
export function readFolder(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM'))) throw error
    throw new UsageError(
      'a folder of the dataset may not be read by you',
      { evidence: [folder], fix: `let yourself read it: chmod -R u+rX ${quoteForShell(folder)}`, cause: error },
      'dataset',
    )
  }
}
