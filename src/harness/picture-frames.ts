import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

/** A larger file is refused, as `prepare` refuses it. */
const MAX_FILE_BYTES = 512 << 20

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'cannot be read: permission denied',
  EPERM: 'cannot be read: permission denied',
  ENOENT: 'cannot be read: there is no such file',
  ELOOP: 'cannot be read: a link that leads in circles',
  ENXIO: 'not a plain file',
}

/**
 * The files as `classify` reads them from its stdin: 4 bytes of length, little-endian, then the content. A file that cannot be read is
 * told to `onUnreadable` and stands there as an empty one. One file is in memory at a time.
 */
export async function* pictureFrames(
  files: readonly string[],
  onUnreadable: (row: number, reason: string) => void,
): AsyncGenerator<Buffer> {
  for (const [row, path] of files.entries()) {
    const content = await readPicture(path)
    if (typeof content === 'string') onUnreadable(row, content)
    const bytes = typeof content === 'string' ? Buffer.alloc(0) : content
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    yield length
    if (bytes.length > 0) yield bytes
  }
}

/** The content, or why there is none. A pipe is opened without waiting for its writer. */
async function readPicture(path: string): Promise<Buffer | string> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const facts = await handle.stat()
      if (!facts.isFile()) return 'not a plain file'
      const content = facts.size > MAX_FILE_BYTES ? null : await handle.readFile()
      return content === null || content.length > MAX_FILE_BYTES ? `larger than ${MAX_FILE_BYTES >> 20} MiB` : content
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    return REASONS[String(error.code)] ?? `cannot be read: ${String(error.code)}`
  }
}
