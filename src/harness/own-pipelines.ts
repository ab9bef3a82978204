import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hashText } from '../files/hash.ts'
import type { BundleFacts } from '../core/bundle.ts'

/**
 * Which pipelines this program itself wrote, on this machine. A bundle's own word for it is not enough to run it without a sandbox:
 * bundles are passed on, and anybody can write one.
 */

type Files = BundleFacts['files']

export async function rememberOwnPipeline(cache: string, files: Files): Promise<void> {
  await mkdir(join(cache, 'own-pipelines'), { recursive: true })
  await writeFile(markFile(cache, files), '')
}

export async function isOwnPipeline(cache: string, files: Files): Promise<boolean> {
  return stat(markFile(cache, files)).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )
}

function markFile(cache: string, files: Files): string {
  const code = [files['pipeline/data.py'], files['pipeline/model.py'], files['pipeline/training.py']]
  return join(cache, 'own-pipelines', hashText(code.join('\n')))
}
