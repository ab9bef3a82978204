import type { Comparison } from './decision.ts'
import type { ImageResults } from './evaluation.ts'
import { countImages, pairBlocks, seedFactor, shareRight } from './image-blocks.ts'
import type { Block } from './image-blocks.ts'
import { measureDifference } from './image-difference.ts'
import { EXACT_BELOW, midPDeviate } from './mcnemar.ts'
import { Z_95 } from './normal.ts'
import type { MetricName } from './outcome.ts'

/**
 * Compares two pipelines over the images that both were scored on; evaluations over other parts are left aside. The squared
 * standard error has two terms: which images were drawn (paired), and which seeds (`seedDeviation`, the deviation of the metric of
 * one evaluation over seeds, > 0, in the metric's unit). With one seed on each image and few images that only one of the two has
 * right, the first term follows from the exact distribution, so that `z` and the interval always belong together.
 */
export function compareResults(
  candidate: readonly ImageResults[],
  best: readonly ImageResults[],
  metric: MetricName,
  seedDeviation: number,
): Comparison {
  if (!(seedDeviation > 0 && seedDeviation < Infinity))
    throw new RangeError(`the seed deviation must be above 0, got ${seedDeviation}`)
  const blocks = pairBlocks(candidate, best)
  const flips = countFlips(blocks)
  const { delta, imageVariance } = measureDifference(blocks, metric)
  const exact = metric === 'accuracy' && isSingleSeed(blocks) ? exactVariance(delta, flips) : null
  const standardError = Math.sqrt((exact ?? imageVariance) + seedDeviation ** 2 * seedFactor(blocks))
  return {
    delta,
    standardError,
    z: delta / standardError,
    low: delta - Z_95 * standardError,
    high: delta + Z_95 * standardError,
    ...flips,
    images: countImages(blocks),
    seeds: { candidate: countSeeds(blocks, 'candidate'), best: countSeeds(blocks, 'best') },
    seedDeviation,
  }
}

type Flips = Pick<Comparison, 'newlyRight' | 'newlyWrong' | 'disagreement'>

function countFlips(blocks: readonly Block[]): Flips {
  let [newlyRight, newlyWrong, disagreement] = [0, 0, 0]
  for (const { candidate, best } of blocks) {
    const [mine, theirs] = [shareRight(candidate), shareRight(best)]
    for (let image = 0; image < mine.length; image++) {
      const [p, q] = [mine[image] ?? 0, theirs[image] ?? 0]
      if (p > 0.5 && q <= 0.5) newlyRight++
      if (p <= 0.5 && q > 0.5) newlyWrong++
      disagreement += p * (1 - q) + q * (1 - p)
    }
  }
  return { newlyRight, newlyWrong, disagreement: disagreement / countImages(blocks) }
}

function isSingleSeed(blocks: readonly Block[]): boolean {
  return blocks.every(({ candidate, best }) => candidate.length === 1 && best.length === 1)
}

/** The variance with which `delta` is as surprising as the exact distribution says; null where the normal approximation will do. */
function exactVariance(delta: number, { newlyRight, newlyWrong }: Flips): number | null {
  if (newlyRight + newlyWrong >= EXACT_BELOW || newlyRight === newlyWrong) return null
  return (delta / midPDeviate(newlyRight, newlyWrong)) ** 2
}

function countSeeds(blocks: readonly Block[], side: 'candidate' | 'best'): number {
  return blocks.reduce((total, block) => total + block[side].length, 0)
}
