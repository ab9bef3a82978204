import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Makes `<parent>/<YYYY-MM-DD>-<words>-<4 hex>`, a folder that did not exist. The parent must exist. */
export async function makeDatedFolder(parent: string, words: string, now: Date): Promise<string> {
  for (;;) {
    const folder = join(parent, `${now.toISOString().slice(0, 10)}-${words}-${randomBytes(2).toString('hex')}`)
    try {
      await mkdir(folder)
      return folder
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }
}
