import type { ImageResults } from '../../src/core/evaluation.ts'
import { deriveSeed } from '../../src/core/seeds.ts'
import { makeRandom } from '../../src/core/random.ts'

/** An evaluation of which only right and wrong matter; class 1 is told where class 0 is true, and the other way round. */
export function resultsOf(right: readonly boolean[], parts: readonly string[] = ['val'], labels?: readonly number[]): ImageResults {
  const truth = Int32Array.from(labels ?? right.map(() => 0))
  const classCount = Math.max(2, ...truth.map((label) => label + 1))
  return {
    parts,
    labels: truth,
    predicted: truth.map((label, image) => (right[image] === true ? label : (label + 1) % classCount)),
    losses: Float32Array.from(right, (isRight) => (isRight ? 0.25 : 1.5)),
    logits: null,
    classCount,
  }
}

/** `n` images of which `right` are right, wherever they lie. */
export function someRight(n: number, right: number, parts?: readonly string[]): ImageResults {
  return resultsOf(
    Array.from({ length: n }, (_, image) => image < right),
    parts,
  )
}

/** Evaluations of random quality: the same images, each right with its own chance. `skill` shifts them. */
export function drawResults(options: {
  n: number
  classCount: number
  seed: number
  skill: number
  parts?: readonly string[]
}): ImageResults {
  const { n, classCount, seed, skill } = options
  const images = makeRandom(n)
  const labels = Int32Array.from({ length: n }, () => images() % classCount)
  const shared = Float32Array.from({ length: n * classCount }, () => images() / 2 ** 31)
  const own = makeRandom(deriveSeed(seed, 'results'))
  const logits = shared.map(
    (value, cell) => value + own() / 2 ** 32 + (cell % classCount === labels[Math.floor(cell / classCount)] ? skill : 0),
  )
  return fromLogits(labels, logits, classCount, options.parts ?? ['val'])
}

/** What `score` would write of these logits. */
export function fromLogits(
  labels: Int32Array,
  logits: Float32Array,
  classCount: number,
  parts: readonly string[] = ['val'],
): ImageResults {
  const rows = Array.from(labels, (_, image) => logits.subarray(image * classCount, (image + 1) * classCount))
  return {
    parts,
    labels,
    predicted: Int32Array.from(rows, (row) => row.indexOf(Math.max(...row))),
    losses: Float32Array.from(
      rows,
      (row, image) => Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) - (row[labels[image] ?? 0] ?? 0),
    ),
    logits,
    classCount,
  }
}

/** The same images in another order. */
export function permute(results: ImageResults, order: readonly number[]): ImageResults {
  const { labels, predicted, losses, logits, classCount } = results
  return {
    ...results,
    labels: Int32Array.from(order, (image) => labels[image] ?? 0),
    predicted: Int32Array.from(order, (image) => predicted[image] ?? 0),
    losses: Float32Array.from(order, (image) => losses[image] ?? 0),
    logits:
      logits && Float32Array.from(order.flatMap((image) => [...logits.subarray(image * classCount, (image + 1) * classCount)])),
  }
}
