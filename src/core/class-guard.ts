import type { ImageResults } from './evaluation.ts'
import { countImages, pairBlocks, seedFactor, shareRight } from './image-blocks.ts'
import { estimateSeedDeviation } from './seed-deviation.ts'

/** A class that the candidate recognises worse than the best, beyond luck. */
export type HurtClass = {
  readonly label: number
  readonly images: number
  /** Share of its images lost, 0..1. */
  readonly lostRecall: number
  /** The loss in standard errors. */
  readonly deviations: number
}

/** A loss of recall beyond this many standard errors forbids keeping a change. */
const MAX_DEVIATIONS = 3

/** The class that lost most for certain, or null when none lost more recall than 3 standard errors. */
export function findHurtClass(candidate: readonly ImageResults[], best: readonly ImageResults[]): HurtClass | null {
  const changes = classChanges(candidate, best).filter(({ deviations }) => deviations > MAX_DEVIATIONS)
  return changes.toSorted((a, b) => b.deviations - a.deviations)[0] ?? null
}

/**
 * The squared standard error is that of no change (sum of squared differences over n_c^2, right for small classes too) and the
 * seeds': a seed moves each class on its own, so that a class with n_c of n images moves by sqrt(n / n_c) times as much as accuracy.
 */
function classChanges(candidate: readonly ImageResults[], best: readonly ImageResults[]): HurtClass[] {
  const blocks = pairBlocks(candidate, best)
  const classCount = blocks[0]?.classCount ?? 0
  const counts = new Float64Array(classCount)
  const sums = new Float64Array(classCount)
  const squares = new Float64Array(classCount)
  for (const block of blocks) {
    const [mine, theirs] = [shareRight(block.candidate), shareRight(block.best)]
    block.labels.forEach((label, image) => {
      const lost = (theirs[image] ?? 0) - (mine[image] ?? 0)
      counts[label] = (counts[label] ?? 0) + 1
      sums[label] = (sums[label] ?? 0) + lost
      squares[label] = (squares[label] ?? 0) + lost ** 2
    })
  }
  const seedVariance = estimateSeedDeviation([], 'accuracy') ** 2 * seedFactor(blocks)
  return [...counts.entries()].flatMap(([label, images]) => {
    if (images === 0) return []
    const variance = (squares[label] ?? 0) / images ** 2 + (seedVariance * countImages(blocks)) / images
    const lostRecall = (sums[label] ?? 0) / images
    return [{ label, images, lostRecall, deviations: lostRecall / Math.sqrt(variance) }]
  })
}
