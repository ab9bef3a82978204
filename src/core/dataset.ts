import * as z from 'zod'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.number().int().nonnegative()
const size = z.number().int().positive()

/** Part names become paths, so that they are kept to letters and digits. */
const partName = z.string().regex(/^[a-z]+[0-9]*$/)

const partSchema = z.object({
  count,
  classCounts: z.array(count),
  /** Sums over pixels of values scaled to 0..1, one per channel. */
  channelSums: z.array(z.number()),
  channelSquareSums: z.array(z.number()),
  pixelCount: count,
  sha256: z.object({ pixels: sha256, shapes: sha256, labels: sha256 }),
})

const foldSchema = z.object({ train: z.array(partName).min(1), val: partName, dev: sha256 })

/** The file `dataset.json` of a staged dataset. */
export const datasetSchema = z.object({
  version: z.literal(2),
  name: z.string(),
  contentHash: sha256,
  classes: z.array(z.string()).min(2),
  channels: z.union([z.literal(1), z.literal(3)]),
  edge: z.number().int().nullable(),
  uniformShape: z.tuple([size, size]).nullable(),
  scheme: z.enum(['fixed', 'rotating', 'pooled']),
  testOrigin: z.enum(['sealed', 'user', 'none']),
  /** Groups that lie in more than one of the user's own splits, which are kept as they are; 0 without such splits. */
  tornGroups: count,
  parts: z.record(partName, partSchema),
  folds: z.array(foldSchema).min(1),
  /** Of the files that belong to no part. */
  sha256: z.object({ items: sha256, quarantine: sha256, card: sha256 }),
})

export type DatasetFacts = Readonly<z.infer<typeof datasetSchema>>
export type PartFacts = Readonly<z.infer<typeof partSchema>>
export type Fold = Readonly<z.infer<typeof foldSchema>>

/** The facts of one part; its absence is an error of the dataset, not of the user. */
export function partFacts(dataset: DatasetFacts, name: string): PartFacts {
  const part = dataset.parts[name]
  if (part === undefined) throw new Error(`dataset.json names the part ${name} without describing it`)
  return part
}

/** A fold and its place in `dataset.json`, which its dev rows are filed under. */
export type NumberedFold = Fold & { readonly number: number }

/**
 * The folds that one evaluation trains: all of them when predictions are pooled, else one. Where folds rotate, each repeat of an
 * evaluation brings the next one, and with it new images; a fixed val is the same whatever the repeat.
 */
export function foldsOfEvaluation(dataset: DatasetFacts, repeat = 0): readonly NumberedFold[] {
  const folds = dataset.folds.map((fold, number) => ({ ...fold, number }))
  if (dataset.scheme === 'pooled') return folds
  const number = dataset.scheme === 'rotating' ? repeat % folds.length : 0
  return folds.slice(number, number + 1)
}

/** How many images the val metric of one evaluation rests on. */
export function valCount(dataset: DatasetFacts, repeat = 0): number {
  return sum(foldsOfEvaluation(dataset, repeat).map((fold) => partFacts(dataset, fold.val).count))
}

/** How many images the sealed test holds; 0 when there is none. */
export function testCount(dataset: DatasetFacts): number {
  return dataset.parts['test']?.count ?? 0
}

export function imageCount(dataset: DatasetFacts): number {
  return sum(Object.values(dataset.parts).map((part) => part.count))
}

/** Images of each class over the parts named. */
export function classCounts(dataset: DatasetFacts, parts: readonly string[]): number[] {
  return dataset.classes.map((_, index) => sum(parts.map((name) => partFacts(dataset, name).classCounts[index] ?? 0)))
}

/** Names of the classes without an image in the parts named: a metric that ranks images by class is not defined there. */
export function absentClasses(dataset: DatasetFacts, parts: readonly string[]): string[] {
  const counts = classCounts(dataset, parts)
  return dataset.classes.filter((_, index) => counts[index] === 0)
}

/** Mean and standard deviation of each channel (values 0..1) over the parts named. */
export function channelStatistics(dataset: DatasetFacts, parts: readonly string[]): { mean: number[]; std: number[] } {
  const facts = parts.map((name) => partFacts(dataset, name))
  const pixels = sum(facts.map((part) => part.pixelCount))
  const channels = [...Array(dataset.channels).keys()]
  const mean = channels.map((channel) => sum(facts.map((part) => part.channelSums[channel] ?? 0)) / pixels)
  const std = channels.map((channel) => {
    const square = sum(facts.map((part) => part.channelSquareSums[channel] ?? 0)) / pixels
    return Math.sqrt(Math.max(0, square - (mean[channel] ?? 0) ** 2))
  })
  return { mean, std }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
