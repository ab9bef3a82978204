import type { ImageResults } from '../../src/core/evaluation.ts'
import { normalCumulative, normalDensity, normalQuantile } from '../../src/core/normal.ts'
import { makeRandom } from '../../src/core/random.ts'
import type { Random } from '../../src/core/random.ts'

/**
 * Images and pipelines drawn by chance. A training has an image right where
 *
 *   skill of the pipeline + luck of the training + ease of the image + taste of the pipeline for the image + luck of both > 0
 *
 * with normal terms (a probit model). Two equal pipelines of 85 % then disagree on 9.5 % of the images.
 */
const ACCURACY = 0.85
/** Share of the variance of one image that all pipelines have in common. */
const SHARED = 0.869
/** What the seeds of one pipeline have in common beyond that: two seeds of one disagree on 8.5 %, or on 6 %, of the images. */
export const WEAK_TASTE = 0.026
export const STRONG_TASTE = 0.078

const SKILL = normalQuantile(ACCURACY)
/** Steps of the table of the cumulative distribution, a unit; the table goes from -TABLE_END to TABLE_END. */
const TABLE_STEPS = 128
const TABLE_END = 24
const TABLE = Float64Array.from(
  { length: 2 * TABLE_END * TABLE_STEPS },
  (_, step) => normalCumulative((step + 0.5) / TABLE_STEPS - TABLE_END) * 2 ** 32,
)
const POOL_BITS = 20

export type World = {
  readonly taste: number
  readonly random: Random
  readonly normals: Float32Array
  readonly labels: Map<number, Int32Array>
}

/** What makes images of one set easy for one pipeline, seeds aside. */
export type Ease = Float32Array

export function makeWorld(seed: number, taste = WEAK_TASTE): World {
  const random = makeRandom(seed)
  const normals = new Float32Array(2 ** POOL_BITS)
  for (let index = 0; index < normals.length; index += 2) {
    const radius = Math.sqrt(-2 * Math.log((random() + 1) / 2 ** 32))
    const angle = (2 * Math.PI * random()) / 2 ** 32
    normals[index] = radius * Math.cos(angle)
    normals[index + 1] = radius * Math.sin(angle)
  }
  return { taste, random, normals, labels: new Map() }
}

/** The same `n` images for both pipelines, the candidate better by `effect` (accuracy, 0..1). */
export function drawImages(world: World, n: number, effect: number): { candidate: Ease; best: Ease } {
  const { random, normals, taste } = world
  const mask = normals.length - 1
  const [shared, mine, theirs] = [random(), random(), random()]
  const better = normalQuantile(ACCURACY + effect) - SKILL
  const [candidate, best] = [new Float32Array(n), new Float32Array(n)]
  for (let image = 0; image < n; image++) {
    const ease = SKILL + Math.sqrt(SHARED) * (normals[(shared + image) & mask] ?? 0)
    candidate[image] = ease + better + Math.sqrt(taste) * (normals[(mine + image) & mask] ?? 0)
    best[image] = ease + Math.sqrt(taste) * (normals[(theirs + image) & mask] ?? 0)
  }
  return { candidate, best }
}

/** `trainings` trainings, each of which predicts its part of the images; a training's accuracy wanders by `deviation`. */
export function evaluate(world: World, ease: Ease, part: string, trainings: number, deviation: number): ImageResults {
  const { random, normals, taste } = world
  const chanceDeviation = Math.sqrt(1 - SHARED - taste)
  const labels = zeros(world, ease.length)
  const predicted = new Int32Array(ease.length)
  for (let training = 0; training < trainings; training++) {
    const wander = ((normals[random() & (normals.length - 1)] ?? 0) * deviation) / normalDensity(SKILL)
    const end = Math.round((ease.length * (training + 1)) / trainings)
    for (let image = Math.round((ease.length * training) / trainings); image < end; image++) {
      const step = Math.floor((((ease[image] ?? 0) + wander) / chanceDeviation + TABLE_END) * TABLE_STEPS)
      const chance = TABLE[Math.max(0, Math.min(step, TABLE.length - 1))] ?? 0
      if (random() >= chance) predicted[image] = 1
    }
  }
  return { parts: [part], labels, predicted, losses: new Float32Array(ease.length), logits: null, classCount: 2 }
}

function zeros({ labels }: World, n: number): Int32Array {
  const known = labels.get(n) ?? new Int32Array(n)
  labels.set(n, known)
  return known
}
