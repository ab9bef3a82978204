import { formatCount, secondsLeft } from '../core/format.ts'
import type { CachedDataset } from '../dataset/index.ts'
import { prepareDataset } from '../harness/index.ts'
import type { Groups, PrepareProgress } from '../harness/index.ts'
import type { Parts } from './compose.ts'
import type { Context } from './context.ts'
import { showLeft, withProgress } from './terminal.ts'

/** Prepares the user's images, or finds them in the cache, and shows how far it is. */
export async function stageDataset(
  { terminal, signal }: Context,
  parts: Parts,
  source: string,
  groups: Groups | null,
): Promise<CachedDataset> {
  let last: PrepareProgress | null = null
  let phaseStarted = 0
  const describe = (elapsed: number) => {
    if (last === null) return null
    const share = last.total ? last.done / last.total : 0
    const left = showLeft(secondsLeft(share, elapsed - phaseStarted))
    return `preparing images: ${last.phase} ${formatCount(last.done)}${last.total ? ` of ${formatCount(last.total)}` : ''}${left}`
  }
  const started = performance.now()
  const onProgress = (progress: PrepareProgress) => {
    if (progress.phase !== last?.phase) phaseStarted = (performance.now() - started) / 1000
    last = progress
  }
  return withProgress(terminal, describe, () =>
    prepareDataset({ source, groups, cache: parts.cache, onProgress, onNote: terminal.note, signal }, parts.python),
  )
}
