import { readFile } from 'node:fs/promises'
import { channelStatistics, classCounts, partFacts } from '../core/dataset.ts'
import { plainClassNames } from '../core/names.ts'
import { median } from '../core/statistics.ts'
import { layout } from '../dataset/index.ts'
import type { StagedDataset } from '../dataset/index.ts'
import type { Machine } from './tools.ts'

/** What a pipeline may know of the dataset and of its budget, as `train` and `predict` hand it on. */
export type Info = {
  readonly classes: readonly string[]
  readonly channels: number
  readonly uniformShape: readonly [number, number] | null
  readonly typicalShape: readonly [number, number]
  readonly mean: readonly number[]
  readonly std: readonly number[]
  readonly classCounts: readonly number[]
  readonly trainCount: number
  readonly trainSeconds: number
  readonly referenceSpeed: number
}

/** The facts of the train parts; `devFold` names the fold whose dev rows are not trained on, null where there are none such. */
export async function infoOf(
  dataset: StagedDataset,
  parts: readonly string[],
  devFold: number | null,
  trainSeconds: number,
  machine: Machine,
): Promise<Info> {
  const { facts } = dataset
  const dev = devFold === null ? 0 : (await readRows(layout.dev(dataset.folder, devFold))).length
  return {
    classes: plainClassNames(facts.classes),
    channels: facts.channels,
    uniformShape: facts.uniformShape,
    typicalShape: await typicalShape(dataset, parts),
    ...channelStatistics(facts, parts),
    classCounts: classCounts(facts, parts),
    trainCount: parts.reduce((total, part) => total + partFacts(facts, part).count, 0) - dev,
    trainSeconds,
    referenceSpeed: machine.referenceSpeed,
  }
}

/** Median [height, width] in pixels of the stored images of these parts. */
export async function typicalShape({ folder, facts }: StagedDataset, parts: readonly string[]): Promise<[number, number]> {
  if (facts.uniformShape !== null) return [...facts.uniformShape]
  const shapes = await Promise.all(parts.map((part) => readRows(layout.shapes(folder, part))))
  const all = shapes.flatMap((rows) => [...rows])
  return [median(all.filter((_, index) => index % 2 === 0)), median(all.filter((_, index) => index % 2 === 1))]
}

async function readRows(path: string): Promise<Int32Array> {
  const bytes = await readFile(path)
  return Int32Array.from({ length: bytes.length >> 2 }, (_, index) => bytes.readInt32LE(index * 4))
}
