import { join } from 'node:path'
import { partFacts } from '../core/dataset.ts'
import { chooseRows, deriveSeed } from '../core/seeds.ts'
import type { StagedDataset } from '../dataset/index.ts'
import { viewDataset } from './data-view.ts'
import type { DataView } from './data-view.ts'
import { BadEvent } from './events.ts'
import type { StageFailure } from './failure.ts'
import type { Info } from './info.ts'
import { limitsOf, START_SECONDS } from './limits.ts'
import { StagedChild } from './staged-child.ts'
import type { Lap, Progress, Stopwatch } from './progress.ts'
import { withChild } from './run-process.ts'
import { collect, withScratch } from './scratch.ts'
import type { Tools } from './tools.ts'

/** Of each prediction, this share is predicted a second time, each image alone. */
const CHECK_SHARE = 0.05
const MIN_CHECK_ROWS = 20
const MAX_CHECK_ROWS = 500
/** Prediction is a forward pass of some images; this is for the slowest of machines. */
const SECONDS_PER_IMAGE = 0.25
const MIN_SECONDS = 60

export type PredictRequest = {
  readonly dataset: StagedDataset
  readonly fold: number
  readonly part: string
  readonly code: string
  readonly weights: string
  readonly info: Info
  readonly seed: number
  /** Folder and stem of the files written: `<stem>.logits.f32`, `<stem>.check.f32`. */
  readonly destination: string
  readonly onProgress: (progress: Progress) => void
  readonly onLog: (text: string) => Promise<void>
}

/** Logits of one part, as files that nobody has parsed yet. */
export type Prediction = {
  readonly status: 'predicted'
  readonly part: string
  readonly logits: string
  readonly check: string
  readonly checkRows: readonly number[]
}

/** Predicts one part from weights; the process sees pixels and no label. */
export async function predict(
  request: PredictRequest,
  tools: Tools,
  clock: Stopwatch,
  signal: AbortSignal,
): Promise<Prediction | StageFailure> {
  const { count } = partFacts(request.dataset.facts, request.part)
  const classCount = request.dataset.facts.classes.length
  const checkRows = chooseCheckRows(count, deriveSeed(request.seed, 'check', request.part))
  return withScratch(async (scratch) => {
    const view = await viewPart(request, tools, scratch.folder)
    const code = { host: request.code, guest: '/code' }
    const weights = { host: request.weights, guest: '/weights/weights.safetensors' }
    const out = { host: scratch.out, guest: '/out', writable: true }
    const { pathOf } = tools.sandbox
    const seconds = MIN_SECONDS + count * SECONDS_PER_IMAGE
    const paths = { data: view.path, code: pathOf(code), out: pathOf(out), weights: pathOf(weights) }
    const job = { ...jobOf(request, tools), paths, checkRows, deadlineSeconds: seconds }
    const limits = { ...limitsOf('predict', START_SECONDS + seconds), ...tools.limits }
    const call = { mode: 'predict' as const, job, mounts: [...view.mounts, code, weights, out], limits, signal }
    const lap = clock.lap()
    // From here on: a spare may still have to import what it needs.
    lap.enter('start')
    const told = await withChild(tools, call, async (child) => {
      const result = await follow(request, { staged: new StagedChild(child, limits), seconds, lap }, signal)
      await request.onLog(child.logTail())
      return result
    }).finally(lap.stop)
    if (told.status === 'failed') return told
    const logits = `${request.destination}.logits.f32`
    const check = `${request.destination}.check.f32`
    const bad =
      (await collect(join(scratch.out, 'logits.f32'), logits, { exactBytes: 4 * count * classCount }, 'predict')) ??
      (await collect(join(scratch.out, 'check.f32'), check, { exactBytes: 4 * checkRows.length * classCount }, 'predict'))
    return bad ?? { status: 'predicted', part: request.part, logits, check, checkRows }
  })
}

function viewPart({ dataset, part }: PartView, tools: Tools, scratch: string): Promise<DataView> {
  return viewDataset(dataset, { parts: [part], labelled: false, devFold: null }, tools.sandbox, scratch)
}

export type PartView = Pick<PredictRequest, 'dataset' | 'part'>

/** Starts the process of a prediction that will come. */
export async function preparePrediction(view: PartView, tools: Tools): Promise<void> {
  if (tools.spares === undefined || tools.sandbox.level === 0) return
  const { mounts } = await viewPart(view, tools, '')
  tools.spares.prepare(tools, { mode: 'predict', mounts, limits: { ...limitsOf('predict', 0), ...tools.limits } })
}

function jobOf({ dataset, info, seed, part }: PredictRequest, { machine }: Tools) {
  return { info, machine, seed, part: { name: part, count: partFacts(dataset.facts, part).count } }
}

/** Which rows are predicted alone, in the order in which they are. */
export function chooseCheckRows(count: number, seed: number): number[] {
  const wanted = Math.min(MAX_CHECK_ROWS, Math.max(Math.min(count, MIN_CHECK_ROWS), Math.floor(count * CHECK_SHARE)))
  return chooseRows(count, wanted, seed)
}

type Following = {
  readonly staged: StagedChild<'predict'>
  /** That the prediction itself may take. */
  readonly seconds: number
  readonly lap: Lap
}

async function follow(
  request: PredictRequest,
  { staged, seconds, lap }: Following,
  signal: AbortSignal,
): Promise<{ status: 'told' } | StageFailure> {
  staged.enter('start', START_SECONDS)
  return staged.follow((event) => {
    switch (event.type) {
      case 'process.warm':
        return
      case 'process.ready':
        if (staged.stage !== 'start') throw new BadEvent('predict said twice that it is ready')
        lap.enter('predict')
        staged.enter('predict', seconds)
        return
      case 'predict.progress':
        request.onProgress({ stage: 'predict', fold: request.fold, share: event.total > 0 ? event.done / event.total : 1 })
        return
      case 'predict.finished':
        return { status: 'told' as const }
    }
  }, signal)
}
