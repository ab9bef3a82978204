import type { ImageResults } from './evaluation.ts'
import { pairBlocks, seedFactor } from './image-blocks.ts'
import { measureDifference } from './image-difference.ts'
import { METRIC_SCALES } from './metric-scale.ts'
import type { MetricName } from './outcome.ts'

/**
 * A measured difference between trainings that would be zero but for seeds and images. Its expected square is
 * `seedFactor` * s^2 + `imageVariance`, where s is the deviation of the metric of one evaluation over seeds.
 */
export type SeedPair = { readonly difference: number; readonly imageVariance: number; readonly seedFactor: number }

/** Deviation over seeds taken for granted before anything is measured, in points; counts as much as PRIOR_PAIRS perfect pairs. */
const PRIOR_POINTS = 0.4
const PRIOR_PAIRS = 2
const FLOOR_POINTS = 0.1

/** One pair for each evaluation of a pipeline beyond the first on the same images. */
export function pairSeeds(evaluations: readonly ImageResults[], metric: MetricName): SeedPair[] {
  const earlier = new Map<string, ImageResults>()
  return evaluations.flatMap((evaluation) => {
    const key = evaluation.parts.join('+')
    const other = earlier.get(key)
    earlier.set(key, evaluation)
    if (other === undefined) return []
    const { delta, imageVariance } = measureDifference(pairBlocks([evaluation], [other]), metric)
    return [{ difference: delta, imageVariance, seedFactor: 2 }]
  })
}

/**
 * Where folds rotate, two seeds of a pipeline see different images, and those differ far more in difficulty than seeds do. But two
 * pipelines on the same two folds are four trainings: their paired difference on the one fold against that on the other cancels both
 * the difficulty of the images and what the change is worth. One pair for each fold beyond the first that both were scored on. That a
 * candidate had to look good on its first fold moves the estimate little: 0.35 to 0.45 points where 0.4 is true, in simulation.
 */
export function pairFolds(candidate: readonly ImageResults[], best: readonly ImageResults[], metric: MetricName): SeedPair[] {
  const folds = pairBlocks(candidate, best).map((block) => ({ ...measureDifference([block], metric), factor: seedFactor([block]) }))
  return folds.slice(1).map((fold, index) => {
    const before = folds[index] ?? fold
    return {
      difference: fold.delta - before.delta,
      imageVariance: fold.imageVariance + before.imageVariance,
      seedFactor: fold.factor + before.factor,
    }
  })
}

/**
 * Deviation of the metric of one evaluation over seeds: a mean of the prior and of what each pair says about s^2, each pair weighted
 * by how much of its spread seeds would explain if the prior were true. A pair on few images says nearly nothing and weighs nearly
 * nothing. Values below zero count as they are: leaving them out would overstate s, twofold with twelve pairs on 350 images.
 */
export function estimateSeedDeviation(pairs: readonly SeedPair[], metric: MetricName): number {
  const point = METRIC_SCALES[metric].point
  const prior = (PRIOR_POINTS * point) ** 2
  let [sum, weights] = [PRIOR_PAIRS * prior, PRIOR_PAIRS]
  for (const pair of pairs) {
    const weight = ((pair.seedFactor * prior) / (pair.seedFactor * prior + pair.imageVariance)) ** 2
    sum += (weight * (pair.difference ** 2 - pair.imageVariance)) / pair.seedFactor
    weights += weight
  }
  return Math.sqrt(Math.max(sum / weights, (FLOOR_POINTS * point) ** 2))
}
