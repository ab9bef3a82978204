import type { Progress } from '../harness/index.ts'

/** Which folds of several are trained or predicted now; empty where there is only one. */
export function describeFolds(progress: Progress, total: number): string {
  if (total <= 1) return ''
  const numbers = (progress.folds ?? [progress.fold]).map((fold) => fold + 1)
  const last = numbers.at(-1)
  return numbers.length === 1 ? ` fold ${last} of ${total}` : ` folds ${numbers.slice(0, -1).join(', ')} and ${last} of ${total}`
}
