import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { foldsOfEvaluation, partFacts } from '../../src/core/dataset.ts'
import type { StagedDataset } from '../../src/dataset/index.ts'
import { viewDataset } from '../../src/harness/data-view.ts'
import { ensurePythonEnvironment, measureMachine, prepareDataset } from '../../src/harness/index.ts'
import type { MeasuredMachine, Tools } from '../../src/harness/index.ts'
import { infoOf } from '../../src/harness/info.ts'
import type { Info } from '../../src/harness/info.ts'
import { findSandbox, makePlainSandbox } from '../../src/sandbox/index.ts'
import { measure } from './measure.ts'
import type { Bench } from './measure.ts'

export const IMAGE_COUNT = 10_000
const SIDE = 28
const SEED = 1
/** The budget of `tiny` in these measurements, one training of a minute; it sets the width of the net. */
export const TRAIN_SECONDS = 60

const drawnSchema = z.object({ meanFileBytes: z.number(), classCount: z.number() })

/** Everything that the measurements share. */
export type Staged = {
  readonly scratch: string
  /** The folder of class folders with the PNG files. */
  readonly images: string
  readonly meanFileBytes: number
  readonly dataset: StagedDataset
  readonly tools: Tools & { readonly machine: MeasuredMachine }
  readonly bench: Bench
  readonly torchVersion: string
  readonly sandbox: string
  /** Of the training of fold 0. */
  readonly trainParts: readonly string[]
  readonly info: Info
}

/** Draws the pictures, stages them and measures the machine as `improve try` does, with an empty cache in `scratch`. */
export async function stage(scratch: string, onNote: (line: string) => void, signal: AbortSignal): Promise<Staged> {
  const { python, torchVersion } = await ensurePythonEnvironment({ onProgress: onNote, signal })
  const { sandbox: found, reason } = await findSandbox()
  if (found === null) onNote(`notice: no sandbox (${reason}); everything runs as plain processes`)
  const sandbox = found ?? makePlainSandbox()
  const bench: Bench = { python, threads: availableParallelism(), scratch, signal }
  const images = join(scratch, 'images')
  onNote(`drawing ${IMAGE_COUNT} pictures of ${SIDE} px`)
  const job = { folder: images, count: IMAGE_COUNT, side: SIDE, seed: SEED }
  const { meanFileBytes } = drawnSchema.parse(await measure('draw_images', job, bench))
  onNote('staging them')
  const cache = join(scratch, 'cache')
  const plainTools = { sandbox, python, threads: bench.threads }
  const request = { source: images, groups: null, cache, onProgress: () => {}, onNote, signal }
  const dataset = await prepareDataset(request, plainTools)
  onNote('measuring threads, precision and memory layout')
  const machine = await measureMachine(plainTools, torchVersion, cache, signal)
  const trainParts = foldsOfEvaluation(dataset.facts)[0]?.train ?? []
  const info = await infoOf(dataset, trainParts, 0, TRAIN_SECONDS, machine)
  const tools = { ...plainTools, machine }
  return { scratch, images, meanFileBytes, dataset, tools, bench, torchVersion, sandbox: sandbox.description, trainParts, info }
}

/** A train job on every picture, for comparing loaders on the same pictures; so short a budget that `tiny` cuts nothing out. */
export async function allImagesJob(staged: Staged, code: string): Promise<object> {
  const parts = Object.keys(staged.dataset.facts.parts)
  const job = await trainJob(staged, code, 'all', parts)
  const count = parts.reduce((total, part) => total + partFacts(staged.dataset.facts, part).count, 0)
  const info = await infoOf(staged.dataset, parts, 0, 1, staged.tools.machine)
  const devRows = join(staged.scratch, 'no-rows.i32')
  await writeFile(devRows, '')
  return { ...job, info: { ...info, trainCount: count }, devRows }
}

/** The job of the training of fold 0, or of the parts given, as a plain process sees it. */
export async function trainJob(staged: Staged, code: string, name = 'fold', parts = staged.trainParts): Promise<object> {
  const folder = join(staged.scratch, name)
  await mkdir(folder)
  const view = await viewDataset(staged.dataset, { parts, labelled: true, devFold: 0 }, makePlainSandbox(), folder)
  return {
    paths: { data: view.path, code },
    info: staged.info,
    machine: staged.tools.machine,
    seed: SEED,
    parts: parts.map((part) => ({ name: part })),
    devRows: join(view.path, 'dev.i32'),
  }
}
