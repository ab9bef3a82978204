import type { ImageResults } from './evaluation.ts'
import { countImages } from './image-blocks.ts'
import type { Block } from './image-blocks.ts'

/**
 * A metric's difference in favour of the candidate when image i (blocks one after another) counts weights[i] times. Every class keeps
 * the number of its images in each block.
 */
export type WeightedDifference = (weights: Uint16Array) => number

/** Macro F1 of the confusion counts of all blocks together, averaged over seeds; classes that are neither asked nor answered stay out. */
export function makeF1Difference(blocks: readonly Block[]): WeightedDifference {
  const classCount = blocks[0]?.classCount ?? 0
  const counts = new Float64Array(classCount)
  for (const { labels } of blocks) for (const label of labels) counts[label] = (counts[label] ?? 0) + 1
  const hits = new Float64Array(classCount)
  const guesses = new Float64Array(classCount)
  const macroF1 = (side: 'candidate' | 'best', weights: Uint16Array): number => {
    hits.fill(0)
    guesses.fill(0)
    let start = 0
    for (const block of blocks) {
      for (const evaluation of block[side]) addGuesses(evaluation, weights.subarray(start), 1 / block[side].length)
      start += block.labels.length
    }
    return meanF1(hits, counts, guesses)
  }
  const addGuesses = ({ predicted, labels }: ImageResults, weights: Uint16Array, share: number) => {
    for (let image = 0; image < labels.length; image++) {
      const guess = predicted[image] ?? 0
      const weight = (weights[image] ?? 0) * share
      guesses[guess] = (guesses[guess] ?? 0) + weight
      if (guess === labels[image]) hits[guess] = (hits[guess] ?? 0) + weight
    }
  }
  return (weights) => macroF1('candidate', weights) - macroF1('best', weights)
}

function meanF1(hits: Float64Array, counts: Float64Array, guesses: Float64Array): number {
  let [sum, present] = [0, 0]
  for (let label = 0; label < hits.length; label++) {
    const total = (counts[label] ?? 0) + (guesses[label] ?? 0)
    if (total === 0) continue
    sum += (2 * (hits[label] ?? 0)) / total
    present++
  }
  return sum / present
}

/**
 * Area under the ROC curve, macro mean of one class against the rest. Scores of different trainings have no common scale, so that each
 * evaluation has its own area; these are averaged over seeds, and over blocks by their images.
 */
export function makeAreaDifference(blocks: readonly Block[]): WeightedDifference {
  const n = countImages(blocks)
  const makeTerms = (side: 'candidate' | 'best'): AreaTerm[] => {
    let start = 0
    return blocks.flatMap((block) => {
      const first = start
      start += block.labels.length
      const factor = block.labels.length / n / block[side].length
      return block[side].flatMap((evaluation) => areaTerms(evaluation, first, factor))
    })
  }
  const [mine, theirs] = [makeTerms('candidate'), makeTerms('best')]
  return (weights) => sumAreas(mine, weights) - sumAreas(theirs, weights)
}

function sumAreas(terms: readonly AreaTerm[], weights: Uint16Array): number {
  return terms.reduce((sum, term) => sum + term.factor * areaOf(term, weights), 0)
}

/** One class against the rest in one evaluation, sorted once. */
type AreaTerm = {
  readonly factor: number
  /** Images from the highest score down to the lowest of the class; what lies below costs nothing. */
  readonly order: Uint32Array
  /** Bit 0: an image of the class. Bit 1: the last of those that share its score. */
  readonly flags: Uint8Array
  /** Pairs of an image of the class and one of the rest; the same in every draw. */
  readonly pairs: number
}

/** Classes without an image, or without a rest, have no area and stay out of the mean. */
function areaTerms(evaluation: ImageResults, start: number, factor: number): AreaTerm[] {
  const { labels, classCount } = evaluation
  const probabilities = softmax(evaluation)
  const present = [...new Set(labels)].filter((label) => labels.some((other) => other !== label))
  return present.map((label) => {
    const scores = Float64Array.from(labels, (_, image) => probabilities[image * classCount + label] ?? 0)
    const positives = labels.reduce((count, other) => count + (other === label ? 1 : 0), 0)
    const lowest = scores.reduce((low, score, image) => (labels[image] === label ? Math.min(low, score) : low), Infinity)
    const order = Uint32Array.from(labels.keys())
      .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0))
      .filter((image) => (scores[image] ?? 0) >= lowest)
    const flag = (image: number, rank: number) =>
      (labels[image] === label ? 1 : 0) + (scores[image] === scores[order[rank + 1] ?? -1] ? 0 : 2)
    return {
      factor: factor / present.length,
      order: order.map((image) => start + image),
      flags: Uint8Array.from(order, flag),
      pairs: positives * (labels.length - positives),
    }
  })
}

/** Share of pairs of an image of the class and one of the rest that are in the right order; equal scores count half. */
function areaOf({ order, flags, pairs }: AreaTerm, weights: Uint16Array): number {
  let [lost, above, tiedPositive, tiedRest] = [0, 0, 0, 0]
  for (let rank = 0; rank < order.length; rank++) {
    const weight = weights[order[rank] ?? 0] ?? 0
    const flag = flags[rank] ?? 0
    if ((flag & 1) === 1) tiedPositive += weight
    else tiedRest += weight
    if (flag < 2) continue
    lost += tiedPositive * (above + tiedRest / 2)
    above += tiedRest
    tiedPositive = 0
    tiedRest = 0
  }
  return 1 - lost / pairs
}

/** [n, C] probabilities in double precision, as `score` ranks them. */
function softmax({ logits, labels, classCount }: ImageResults): Float64Array {
  if (logits?.length !== labels.length * classCount) throw new Error('the area under the curve needs the logits of every image')
  const probabilities = new Float64Array(logits.length)
  for (let first = 0; first < logits.length; first += classCount) {
    const own = logits.subarray(first, first + classCount)
    const highest = own.reduce((a, b) => Math.max(a, b), -Infinity)
    const total = own.reduce((sum, value) => sum + Math.exp(value - highest), 0)
    for (let label = 0; label < classCount; label++)
      probabilities[first + label] = Math.exp((own[label] ?? 0) - highest - Math.log(total))
  }
  return probabilities
}
