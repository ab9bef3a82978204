import { closeSync, globSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs'
import type { Dirent } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { quoteForShell } from '../core/format.ts'
import { nearestName } from '../core/names.ts'
import { hasPictureMagic, pictureByName } from '../core/picture-names.ts'

/** One file to classify, by the name under which the user knows it. */
export type PictureFile = { readonly name: string; readonly path: string }

export type FoundPictures = {
  /** Each file once, in the order in which it was named; inside a folder by name. */
  readonly files: readonly PictureFile[]
  /** Files inside folders that are no pictures by name and first bytes. */
  readonly others: number
  /** Folders inside folders that may not be read. */
  readonly locked: readonly string[]
}

const HEAD_BYTES = 16
const GLOB = /[*?[{]/

/**
 * The pictures that the user named: files as they are, folders with all that lies below, patterns. A named file is taken whatever it
 * is; of a folder only what looks like a picture.
 */
export function findPictures(named: readonly string[], cwd: string): FoundPictures {
  const files = new Map<string, PictureFile>()
  const found = { others: 0, locked: [] as string[] }
  const add = (name: string) =>
    void (files.has(resolve(cwd, name)) || files.set(resolve(cwd, name), { name, path: resolve(cwd, name) }))
  for (const name of named.flatMap((text) => expand(text, cwd))) {
    const path = resolve(cwd, name)
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) add(name)
    else if (!walk(name, cwd, [realpathSync(path)], { add, found })) throw lockedFolder(name)
  }
  if (files.size === 0 && found.locked.length === 0)
    throw new UsageError(`there are no pictures in ${named.join(', ')}`, {
      evidence: found.others === 0 ? [] : [`files that are no pictures: ${found.others}`],
      fix: 'name pictures, folders with pictures, or a pattern such as "photos/*.jpg"',
    })
  return { files: [...files.values()], ...found }
}

/** A name that exists is that file, whatever signs it holds; else it may be a pattern. */
function expand(text: string, cwd: string): string[] {
  const path = resolve(cwd, text)
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return [text]
  if (!GLOB.test(text)) throw missingFile(text, path)
  const matches = globSync(text, { cwd }).toSorted()
  if (matches.length > 0) return matches
  throw new UsageError(`no file matches ${text}`, { evidence: [`looked in  ${cwd}`], fix: 'check the pattern' })
}

function missingFile(text: string, path: string): UsageError {
  const parent = dirname(path)
  const neighbours = statSync(parent, { throwIfNoEntry: false })?.isDirectory() ? (readNames(parent) ?? []) : []
  const near = nearestName(
    basename(path),
    neighbours.map((entry) => entry.name),
  )
  return new UsageError(`there is no picture ${text}`, {
    evidence: [`looked for  ${path}`],
    fix: near === null ? 'check the path' : `did you mean ${quoteForShell(join(dirname(text), near))}?`,
  })
}

type Finding = { readonly add: (name: string) => void; readonly found: { others: number; locked: string[] } }

/** False when the folder itself may not be read. `chain` holds the real folders above, so that a link to one of them does not loop. */
function walk(folder: string, cwd: string, chain: readonly string[], finding: Finding): boolean {
  const entries = readNames(resolve(cwd, folder))
  if (entries === null) return false
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue
    const name = join(folder, entry.name)
    const path = resolve(cwd, name)
    const facts = entry.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : entry
    if (facts?.isDirectory()) {
      const real = realpathSync(path)
      if (!chain.includes(real) && !walk(name, cwd, [...chain, real], finding)) finding.found.locked.push(name)
    } else if (facts?.isFile() && looksLikePicture(path)) finding.add(name)
    else finding.found.others++
  }
  return true
}

/** Null when the folder may not be read. */
function readNames(folder: string): Dirent[] | null {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM')) return null
    throw error
  }
}

function looksLikePicture(path: string): boolean {
  return pictureByName(basename(path)) ?? hasPictureMagic(readHead(path))
}

/** The first bytes; none of a file that cannot be read, which then counts as no picture since its name says nothing either. */
function readHead(path: string): Uint8Array {
  const head = Buffer.alloc(HEAD_BYTES)
  try {
    const file = openSync(path, 'r')
    try {
      return head.subarray(0, readSync(file, head, 0, HEAD_BYTES, 0))
    } finally {
      closeSync(file)
    }
  } catch {
    return head.subarray(0, 0)
  }
}

function lockedFolder(name: string): UsageError {
  return new UsageError(`the folder ${name} may not be read by you`, {
    fix: `let yourself read it: chmod -R u+rX ${quoteForShell(name)}`,
  })
}
