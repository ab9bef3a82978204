import type { Dirent } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'

const MAX_FILE_COUNT = 100_000
const SLASH = Buffer.from('/')

/**
 * Bytes on disk below the folders; links are not followed. Infinity as soon as they exceed `limitBytes`, hold over
 * 100,000 entries, or hide something (a folder that may not be read, a path that is too long): what cannot be
 * measured is not allowed.
 */
export const diskUsage = async (folders: readonly string[], limitBytes: number): Promise<number> => {
  const open = folders.map((folder) => Buffer.from(folder))
  let bytes = 0
  let count = 0
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for await (const entry of entriesOf(folder)) {
      count += 1
      if (entry === 'hidden' || count > MAX_FILE_COUNT || bytes > limitBytes) return Infinity
      const path = Buffer.concat([folder, SLASH, Buffer.from(entry.name, 'latin1')])
      if (entry.isDirectory()) open.push(path)
      bytes += await bytesOf(path)
    }
  }
  return bytes > limitBytes ? Infinity : bytes
}

/** Names are read as latin1, which keeps every byte: a name that is no UTF-8 must not hide its file. */
async function* entriesOf(folder: Buffer): AsyncGenerator<Dirent | 'hidden'> {
  try {
    for await (const entry of await opendir(folder, { encoding: 'latin1' })) yield entry
  } catch (error) {
    if (!isGone(error)) yield 'hidden'
  }
}

const bytesOf = async (path: Buffer): Promise<number> => {
  try {
    return (await lstat(path)).blocks * 512
  } catch (error) {
    return isGone(error) ? 0 : Infinity
  }
}

/** Vanished, or replaced by a file, between listing and reading. */
const isGone = (error: unknown): boolean => {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}
