import type { ImageResults } from './evaluation.ts'

/** All evaluations of two pipelines over the same images; entry i of each is about the same image. */
export type Block = {
  readonly labels: Int32Array
  readonly classCount: number
  /** One entry a seed, at least one. */
  readonly candidate: readonly ImageResults[]
  readonly best: readonly ImageResults[]
}

/** The images that both pipelines were scored on, one block for each set of parts; in an order that does not depend on theirs. */
export function pairBlocks(candidate: readonly ImageResults[], best: readonly ImageResults[]): readonly Block[] {
  const [mine, theirs] = [byParts(candidate), byParts(best)]
  checkDisjoint([...candidate, ...best])
  const keys = [...mine.keys()].filter((key) => theirs.has(key)).sort()
  if (keys.length === 0)
    throw new Error(`no image in common: ${[...mine.keys()].join('; ')} against ${[...theirs.keys()].join('; ')}`)
  return keys.map((key) => makeBlock(key, mine.get(key) ?? [], theirs.get(key) ?? []))
}

export function countImages(blocks: readonly Block[]): number {
  return blocks.reduce((total, block) => total + block.labels.length, 0)
}

/** How often the squared seed deviation enters the squared standard error of the difference: 1/K + 1/K' where there is one block. */
export function seedFactor(blocks: readonly Block[]): number {
  const n = countImages(blocks)
  return blocks.reduce(
    (total, block) => total + (block.labels.length / n) ** 2 * (1 / block.candidate.length + 1 / block.best.length),
    0,
  )
}

/** The share of a pipeline's seeds that have each image right. */
export function shareRight(evaluations: readonly ImageResults[]): Float64Array {
  const shares = new Float64Array(evaluations[0]?.labels.length ?? 0)
  for (const { labels, predicted } of evaluations)
    for (let image = 0; image < shares.length; image++)
      if (predicted[image] === labels[image]) shares[image] = (shares[image] ?? 0) + 1
  return scale(shares, 1 / evaluations.length)
}

/** In place: a callback for each image would take most of the time of a comparison. */
export function scale(values: Float64Array, factor: number): Float64Array {
  if (factor !== 1) for (let index = 0; index < values.length; index++) values[index] = (values[index] ?? 0) * factor
  return values
}

function byParts(evaluations: readonly ImageResults[]): Map<string, ImageResults[]> {
  const groups = new Map<string, ImageResults[]>()
  for (const evaluation of evaluations) {
    const key = evaluation.parts.join('+')
    groups.set(key, [...(groups.get(key) ?? []), evaluation])
  }
  return groups
}

/** Parts that overlap without being equal would count images twice. */
function checkDisjoint(evaluations: readonly ImageResults[]): void {
  const owners = new Map<string, string>()
  for (const { parts } of evaluations) {
    const key = parts.join('+')
    for (const part of parts) {
      const owner = owners.get(part) ?? key
      if (owner !== key) throw new Error(`evaluations over ${owner} and over ${key} share images and cannot be compared together`)
      owners.set(part, owner)
    }
  }
}

function makeBlock(key: string, candidate: readonly ImageResults[], best: readonly ImageResults[]): Block {
  const all = [...candidate, ...best]
  const first = all[0]
  if (first === undefined || first.labels.length === 0) throw new Error(`the evaluations over ${key} list no image`)
  const differs = all.some(
    ({ labels, predicted, losses, classCount }) =>
      classCount !== first.classCount ||
      predicted.length !== labels.length ||
      losses.length !== labels.length ||
      !isSame(labels, first.labels),
  )
  if (differs) throw new Error(`the evaluations over ${key} do not list the same images`)
  return { labels: first.labels, classCount: first.classCount, candidate, best }
}

function isSame(a: Int32Array, b: Int32Array): boolean {
  return a === b || (a.length === b.length && a.every((label, index) => label === b[index]))
}
