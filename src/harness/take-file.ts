import { constants } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

/** What is wrong with a file that an untrusted process left, in one sentence. */
export class BadFile extends Error {}

export type Expected = { readonly exactBytes: number } | { readonly maxBytes: number }

/**
 * Copies a file out of a folder that an untrusted process owned. Links, pipes, folders and wrong sizes are refused; nothing is
 * parsed. No process of the child may run any more.
 */
export async function takeFile(path: string, destination: string, expected: Expected): Promise<void> {
  const name = path.split('/').at(-1) ?? path
  const handle = await openPlain(path, name)
  try {
    const facts = await handle.stat()
    if (!facts.isFile() || facts.nlink !== 1) throw new BadFile(`${name} is not a plain file`)
    checkSize(name, facts.size, expected)
    await writeFile(destination, handle.createReadStream({ autoClose: false, start: 0, end: Math.max(0, facts.size - 1) }))
  } finally {
    await handle.close()
  }
}

async function openPlain(path: string, name: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') throw new BadFile(`${name} was not written`, { cause: error })
    throw new BadFile(`${name} cannot be read as a plain file (${String(code)})`, { cause: error })
  }
}

function checkSize(name: string, size: number, expected: Expected): void {
  if ('exactBytes' in expected && size !== expected.exactBytes) {
    throw new BadFile(`${name} has ${size} bytes, expected exactly ${expected.exactBytes}`)
  }
  if ('maxBytes' in expected && (size === 0 || size > expected.maxBytes)) {
    throw new BadFile(`${name} has ${size} bytes, expected 1 to ${expected.maxBytes}`)
  }
}
