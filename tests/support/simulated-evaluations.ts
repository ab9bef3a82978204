import type { ImageResults } from '../../src/core/evaluation.ts'
import { makeRandom } from '../../src/core/random.ts'
import { deriveSeed } from '../../src/core/seeds.ts'
import { resultsOf } from './image-results.ts'

export type Simulated = {
  readonly part: string
  readonly n: number
  /** Of the pipeline, on average over seeds. */
  readonly accuracy: number
  /** Of the accuracy over seeds. */
  readonly deviation: number
  readonly pipeline: number
  readonly seed: number
}

/** An evaluation whose accuracy wanders from seed to seed; nine images in ten are as hard for every pipeline. */
export function simulateEvaluation({ part, n, accuracy, deviation, pipeline, seed }: Simulated): ImageResults {
  const shared = makeRandom(deriveSeed(0, part))
  const own = makeRandom(deriveSeed(seed, part, pipeline))
  // The sum of twelve uniform numbers less six is nearly normal.
  const wander = Array.from({ length: 12 }, () => own() / 2 ** 32).reduce((sum, value) => sum + value, -6)
  const chance = accuracy + wander * deviation
  const right = Array.from({ length: n }, () => {
    const [common, mine, isShared] = [shared() / 2 ** 32, own() / 2 ** 32, shared() % 10 > 0]
    return (isShared ? common : mine) < chance
  })
  return resultsOf(right, [part])
}
