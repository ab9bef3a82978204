import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ExternalError } from '../core/errors.ts'
import { syncFolder } from '../files/index.ts'

/** A file that only grows, by whole lines that are on disk when `append` resolves. One caller at a time. */
export type AppendFile = {
  readonly append: (line: Uint8Array) => Promise<void>
  readonly close: () => Promise<void>
}

/** Opens the file, or makes it, and cuts it to `size` bytes. */
export async function openAppendFile(path: string, size: number): Promise<AppendFile> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o666)
  try {
    await file.truncate(size)
    await file.sync()
    await syncFolder(dirname(path))
  } catch (error) {
    await file.close()
    throw error
  }
  return makeAppendFile(file, path, size)
}

function makeAppendFile(file: FileHandle, path: string, startSize: number): AppendFile {
  let size = startSize
  let isBroken = false
  const undo = async () => {
    isBroken = true
    await file.truncate(size)
    await file.sync()
    isBroken = false
  }
  return {
    append: async (line) => {
      if (isBroken) throw new Error(`${path} is in an unknown state after a failed write`)
      try {
        await writeLine(file, line)
        size += line.length
      } catch (error) {
        // What the failed write left is cut off, so that the next one starts on a new line; where even that fails, nothing more is written.
        await undo().catch(() => {})
        throw cannotWrite(path, error)
      }
    },
    close: () => file.close(),
  }
}

/** One write, then to the disk. A write that stops short is what a full disk looks like before it says so. */
async function writeLine(file: FileHandle, line: Uint8Array): Promise<void> {
  const { bytesWritten } = await file.write(line)
  if (bytesWritten !== line.length) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  await file.sync()
}

/** The system's refusal to write, in a sentence; what is no refusal of the system is passed on. */
export function cannotWrite(path: string, cause: unknown): unknown {
  if (!(cause instanceof Error && 'code' in cause)) return cause
  const isFull = cause.code === 'ENOSPC' || cause.code === 'EDQUOT'
  const message = isFull
    ? 'the disk is full: the run cannot go on'
    : `the journal of the run cannot be written (${String(cause.code)})`
  return new ExternalError('disk', message, {
    evidence: [`writing  ${path}`],
    fix: `${isFull ? 'free some space' : 'mend the disk or its rights'}, then resume the run: what was recorded is kept`,
    cause,
  })
}
