import { countImages } from './image-blocks.ts'
import type { Block } from './image-blocks.ts'
import { drawBelow, makeRandom } from './random.ts'
import { sampleDeviation } from './statistics.ts'
import { makeAreaDifference, makeF1Difference } from './weighted-metrics.ts'

export const DRAWS = 2000
/** Above it the area under the curve, whose cost grows with the classes, gets fewer draws. */
const MANY_CLASSES = 50
const MANY_CLASSES_DRAWS = 200
/** Fixed, so that a decision can be recomputed. */
const SEED = 2502

/**
 * Paired bootstrap of a metric that is no mean over images: each draw takes, within each block and class, as many images as there
 * are, with replacement, and measures both pipelines on them.
 */
export function bootstrapDifference(
  blocks: readonly Block[],
  metric: 'macro-f1' | 'auc',
): { delta: number; imageVariance: number } {
  const difference = metric === 'macro-f1' ? makeF1Difference(blocks) : makeAreaDifference(blocks)
  const strata = makeStrata(blocks)
  const weights = new Uint16Array(countImages(blocks))
  const delta = difference(weights.fill(1))
  const random = makeRandom(SEED)
  const isSlow = metric === 'auc' && (blocks[0]?.classCount ?? 0) > MANY_CLASSES
  const deltas = Array.from({ length: isSlow ? MANY_CLASSES_DRAWS : DRAWS }, () => {
    weights.fill(0)
    for (const stratum of strata)
      for (let count = stratum.length; count > 0; count--) {
        const image = stratum[drawBelow(random, stratum.length)] ?? 0
        weights[image] = (weights[image] ?? 0) + 1
      }
    return difference(weights)
  })
  return { delta, imageVariance: sampleDeviation(deltas) ** 2 }
}

/** Images of one block and class together. */
function makeStrata(blocks: readonly Block[]): readonly Int32Array[] {
  const strata: Int32Array[] = []
  let start = 0
  for (const { labels, classCount } of blocks) {
    const byClass = Array.from({ length: classCount }, (): number[] => [])
    for (let image = 0; image < labels.length; image++) byClass[labels[image] ?? 0]?.push(start + image)
    strata.push(...byClass.filter((images) => images.length > 0).map((images) => Int32Array.from(images)))
    start += labels.length
  }
  return strata
}
