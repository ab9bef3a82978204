import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { ExternalError } from '../core/errors.ts'
import { formatBytes } from '../core/format.ts'

/** Room for predictions, logs and whatever else happens on the disk during a training. */
const MARGIN_BYTES = 2 * 2 ** 30

/**
 * Throws before a training that would end on a full disk. Weights lie twice for a moment: where the process writes them, below the
 * temporary folder, and in `folder`.
 */
export async function checkFreeSpace(folder: string, weightBytes: number): Promise<void> {
  const needed = 2 * weightBytes + MARGIN_BYTES
  for (const path of new Set([folder, tmpdir()])) {
    const { bavail, bsize } = await statfs(path)
    const free = bavail * bsize
    if (free >= needed) continue
    throw new ExternalError('disk', `the disk is almost full: ${formatBytes(free)} free, a training needs ${formatBytes(needed)}`, {
      evidence: [`looked at  ${path}`],
      fix: 'free some space and run the same command again; it goes on where it stopped',
    })
  }
}
