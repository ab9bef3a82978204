import { formatBytes, formatCount, formatPercent } from '../core/format.ts'
import type { Scored, TrainingSummary } from '../core/outcome.ts'
import { mean } from '../core/statistics.ts'

/** Share of a step from which the transforms, not the net, are what more images in the same time wait for. */
const MUCH_DATA = 0.25

/** How fast the trainings were and what they took, as the training processes say; nothing where there were none. */
export function speedRows(scored: readonly Scored[]): [string, string][] {
  const trainings = scored.flatMap((each) => each.trainings)
  if (trainings.length === 0) return []
  const dataShare = dataShareOf(trainings)
  const memory = Math.max(...trainings.map((training) => training.peakMemoryBytes))
  const parts = [
    `${formatCount(mean(trainings.map((training) => training.imagesPerSecond)))} images/s`,
    ...(dataShare === null ? [] : [`${formatPercent(dataShare, 0)} of it spent on data`]),
    ...(memory > 0 ? [formatBytes(memory)] : []),
  ]
  const rows: [string, string][] = [['speed', `${parts.join(', ')}, as the training tells it`]]
  if (dataShare === null || dataShare <= MUCH_DATA) return rows
  const share = formatPercent(dataShare, 0)
  return [...rows, ['', `data takes ${share} of a step: cheaper transforms in data.py leave more steps in the same time`]]
}

/** Of the trainings that a smoke run came before. */
function dataShareOf(trainings: readonly TrainingSummary[]): number | null {
  const shares = trainings.map((training) => training.dataShare).filter((share) => share !== null)
  return shares.length === 0 ? null : mean(shares)
}
