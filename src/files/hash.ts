import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** SHA-256 of UTF-8 text, in lower-case hex. */
export function hashText(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}

/** SHA-256 of a file's bytes, in lower-case hex; reads it in pieces, so that memory stays flat. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20, ...(signal && { signal }) })) hash.update(piece)
  return hash.digest('hex')
}
