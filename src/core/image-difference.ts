import type { ImageResults } from './evaluation.ts'
import { countImages, scale, shareRight } from './image-blocks.ts'
import type { Block } from './image-blocks.ts'
import type { MetricName } from './outcome.ts'
import { bootstrapDifference } from './paired-bootstrap.ts'

/** How far the candidate's metric lies above the best's (for log loss: below), and how sure the choice of images leaves that. */
export type Difference = {
  readonly delta: number
  /** Squared standard error of `delta` over other images of the same kind, the same trainings given. */
  readonly imageVariance: number
}

/**
 * The paired difference on the same images. Accuracy, balanced accuracy and log loss are means of a credit for each image, so that
 * their variance is that of the credits' differences; macro F1 and the area under the curve are resampled.
 */
export function measureDifference(blocks: readonly Block[], metric: MetricName): Difference {
  if (metric === 'macro-f1' || metric === 'auc') return bootstrapDifference(blocks, metric)
  const differences = creditDifferences(blocks, metric)
  const n = differences.length
  let [sum, squares] = [0, 0]
  for (const difference of differences) sum += difference
  const delta = sum / n
  for (const difference of differences) squares += (difference - delta) ** 2
  // One image has no spread of its own; its difference stands in for it.
  return { delta, imageVariance: n > 1 ? squares / (n * (n - 1)) : delta ** 2 }
}

/** Of each image, in favour of the candidate: mean credit over its seeds less that over the seeds of the best. */
function creditDifferences(blocks: readonly Block[], metric: 'accuracy' | 'balanced-accuracy' | 'log-loss'): Float64Array {
  const differences = new Float64Array(countImages(blocks))
  const weights = metric === 'balanced-accuracy' ? classWeights(blocks) : null
  let start = 0
  for (const { candidate, best, labels } of blocks) {
    const credit = metric === 'log-loss' ? meanGain : shareRight
    const [mine, theirs] = [credit(candidate), credit(best)]
    for (let image = 0; image < labels.length; image++) {
      const weight = weights === null ? 1 : (weights[labels[image] ?? 0] ?? 0)
      differences[start + image] = weight * ((mine[image] ?? 0) - (theirs[image] ?? 0))
    }
    start += labels.length
  }
  return differences
}

/** n / (C n_c) for class c, over the C classes that have images: the mean of weighted credits is then the mean recall. */
function classWeights(blocks: readonly Block[]): Float64Array {
  const counts = new Float64Array(blocks[0]?.classCount ?? 0)
  for (const { labels } of blocks) for (const label of labels) counts[label] = (counts[label] ?? 0) + 1
  const present = counts.filter((count) => count > 0).length
  const n = countImages(blocks)
  return counts.map((count) => (count > 0 ? n / (present * count) : 0))
}

/** Mean over seeds of minus the loss, so that more is better. */
function meanGain(evaluations: readonly ImageResults[]): Float64Array {
  const gains = new Float64Array(evaluations[0]?.losses.length ?? 0)
  for (const { losses } of evaluations)
    for (let image = 0; image < gains.length; image++) gains[image] = (gains[image] ?? 0) - (losses[image] ?? 0)
  return scale(gains, 1 / evaluations.length)
}
