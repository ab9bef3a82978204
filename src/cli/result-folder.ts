import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Makes `<parent>/<YYYY-MM-DD>-<name>-try-<4 hex>`, a folder that did not exist. */
export async function makeResultFolder(parent: string, name: string, now: Date): Promise<string> {
  const slug = name
    .toLowerCase()
    .replace(/\.zip$/, '')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40)
  const folder = join(parent, `${now.toISOString().slice(0, 10)}-${slug || 'dataset'}-try-${randomBytes(2).toString('hex')}`)
  await mkdir(folder)
  return folder
}
