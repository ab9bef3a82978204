import { join } from 'node:path'
import { partFacts } from '../core/dataset.ts'
import type { StagedDataset } from '../dataset/index.ts'
import { expectation, secondsBesideProbes, stepBudget, stepsOfEqualCompute, utmostSeconds } from '../core/step-budget.ts'
import type { Pace, Throughput } from '../core/step-budget.ts'
import type { CurvePoint, DevReport } from '../core/evaluation.ts'
import type { TrainingSummary } from '../core/outcome.ts'
import { BadEvent } from './events.ts'
import type { HarnessEvent } from './events.ts'
import type { StageFailure } from './failure.ts'
import { viewDataset } from './data-view.ts'
import type { DataView } from './data-view.ts'
import type { Info } from './info.ts'
import { limitsOf, SMOKE_SECONDS, START_SECONDS } from './limits.ts'
import { StagedChild } from './staged-child.ts'
import { withChild } from './run-process.ts'
import type { Child } from './run-process.ts'
import type { Tools } from './tools.ts'
import { collect, withScratch } from './scratch.ts'
import type { Lap, Progress, Stopwatch } from './progress.ts'

/** Weights of hundreds of millions of float32 parameters fit. */
const MAX_WEIGHT_BYTES = 4 * 2 ** 30
const WEIGHTS = 'weights.safetensors'
/** The harness looks at eight places of a training; a process that tells of more is not listened to. */
const MAX_CURVE_POINTS = 64

export type TrainRequest = {
  readonly dataset: StagedDataset
  /** The number shown. */
  readonly fold: number
  /** The fold whose dev rows are kept apart; null: they are trained on like the rest. */
  readonly devFold: number | null
  readonly parts: readonly string[]
  readonly code: string
  readonly info: Info
  readonly seed: number
  /** Steps and speed of an earlier fold; null lets the smoke run measure the speed and turns the seconds into steps. */
  readonly pace: Pace | null
  /** Of the pipeline that this one is a change of: it is trained with as much compute. Null: by seconds alone. */
  readonly base: Pace | null
  /** The speed to go by where the smoke run measured one: trainings that run side by side agree on theirs. */
  readonly agree: (measured: Throughput) => Promise<Throughput>
  /** Speed against that of `pace`, when this training has more of the machine than those it was measured on. */
  readonly speedup: number
  readonly trainSeconds: number
  /** Whether the finished model is also asked about changed dev pictures. */
  readonly probes: boolean
  /** Where the weights file goes. */
  readonly weights: string
  readonly onProgress: (progress: Progress) => void
  readonly onLog: (text: string) => Promise<void>
}

export type Trained = { readonly status: 'trained'; readonly summary: TrainingSummary; readonly pace: Pace }

type TrainEvent = Exclude<HarnessEvent<'train'>, { type: 'failed' }>
type Told = { status: 'told'; finished: Extract<TrainEvent, { type: 'train.finished' }>; pace: Pace; account: Account }

/** What a training process says of its model on the way and at the end. */
type Account = { readonly curve: CurvePoint[]; dev: DevReport | null; dataShare: number | null }

/** Trains a pipeline once: check, smoke run, as many steps as the seconds allow. The weights are taken over when it finished. */
export async function train(
  request: TrainRequest,
  tools: Tools,
  clock: Stopwatch,
  signal: AbortSignal,
): Promise<Trained | StageFailure> {
  return withScratch(async (scratch) => {
    const view = await viewTraining(request, tools, scratch.folder)
    const code = { host: request.code, guest: '/code' }
    const out = { host: scratch.out, guest: '/out', writable: true }
    const paths = { data: view.path, code: tools.sandbox.pathOf(code), out: tools.sandbox.pathOf(out) }
    const limits = { ...limitsOf('train', START_SECONDS + smokeSecondsOf(tools) + outerDeadline(request)), ...tools.limits }
    const call = { mode: 'train' as const, job: jobOf(request, tools, paths), mounts: [...view.mounts, code, out], limits, signal }
    const lap = clock.lap()
    // From here on: a spare may still have to import what it needs.
    lap.enter('start')
    const told = await withChild(tools, call, async (child) => {
      const following = { child, staged: new StagedChild(child, limits), smokeSeconds: smokeSecondsOf(tools) }
      const result = await follow(request, following, lap, signal)
      await request.onLog(child.logTail())
      return result
    }).finally(lap.stop)
    if (told.status === 'failed') return told
    const bad = await collect(join(scratch.out, WEIGHTS), request.weights, { maxBytes: MAX_WEIGHT_BYTES }, 'train')
    return bad ?? { status: 'trained', summary: summaryOf(request.fold, told), pace: told.pace }
  })
}

function viewTraining({ dataset, parts, devFold }: TrainingView, tools: Tools, scratch: string): Promise<DataView> {
  return viewDataset(dataset, { parts, labelled: true, devFold }, tools.sandbox, scratch)
}

export type TrainingView = Pick<TrainRequest, 'dataset' | 'parts' | 'devFold'>

/** Starts the process of a training that will come. */
export async function prepareTraining(view: TrainingView, tools: Tools): Promise<void> {
  if (tools.spares === undefined || tools.sandbox.level === 0) return
  const { mounts } = await viewTraining(view, tools, '')
  tools.spares.prepare(tools, { mode: 'train', mounts, limits: { ...limitsOf('train', 0), ...tools.limits } })
}

function jobOf(request: TrainRequest, tools: Tools, paths: { data: string; code: string; out: string }): unknown {
  return {
    paths,
    info: request.info,
    machine: tools.machine,
    seed: request.seed,
    parts: request.parts.map((name) => ({ name, count: partFacts(request.dataset.facts, name).count })),
    devRows: request.devFold === null ? null : `${paths.data}/dev.i32`,
    probes: request.probes,
    steps: request.pace?.steps ?? null,
    imagesPerSecond: request.pace?.imagesPerSecond ?? null,
    deadlineSeconds: request.pace === null ? smokeSecondsOf(tools) : expectation(request.pace.steps, request.pace).deadlineSeconds,
  }
}

function smokeSecondsOf(tools: Tools): number {
  return tools.smokeSeconds ?? SMOKE_SECONDS
}

type Following = { readonly child: Child<'train'>; readonly staged: StagedChild<'train'>; readonly smokeSeconds: number }

/** The stages of a training: start (the static check comes first), smoke unless the pace is known, train. */
async function follow(
  request: TrainRequest,
  { child, staged, smokeSeconds }: Following,
  lap: Lap,
  signal: AbortSignal,
): Promise<Told | StageFailure> {
  let pace = request.pace
  const account: Account = { curve: [], dev: null, dataShare: null }
  const onEvent = async (event: TrainEvent): Promise<Told | undefined> => {
    switch (event.type) {
      case 'process.warm':
      case 'check.passed':
        break
      case 'process.ready':
        // A second one would set the clock of the stage back.
        if (staged.stage !== 'start') throw new BadEvent('train said twice that it is ready')
        if (pace === null) beginSmoke(staged, lap, smokeSeconds)
        else beginTraining(request, staged, lap, pace)
        break
      case 'smoke.passed':
        if (pace !== null) throw new BadEvent('train reported a second smoke run')
        account.dataShare = event.dataShare
        pace = paceOf(request, await request.agree(event))
        child.answer({ steps: pace.steps, deadlineSeconds: expectation(pace.steps, pace).deadlineSeconds })
        beginTraining(request, staged, lap, pace)
        break
      case 'train.step':
        if (pace !== null) advance(request, staged, Math.min(1, event.step / pace.steps))
        break
      case 'train.progress':
        if (account.curve.length < MAX_CURVE_POINTS) account.curve.push(pointOf(event))
        request.onProgress({ stage: 'train', fold: request.fold, share: event.fraction, curve: event })
        break
      case 'train.dev':
        account.dev = checkReport(event.report, request.info.classes.length)
        break
      case 'train.finished':
        if (pace?.steps === event.steps) return { status: 'told', finished: event, pace, account }
        throw new BadEvent(`train reported ${event.steps} steps, it was given ${pace?.steps ?? 'none'}`)
    }
    return undefined
  }
  staged.enter('start', START_SECONDS)
  return staged.follow(onEvent, signal)
}

function paceOf({ trainSeconds, probes, base }: TrainRequest, measured: Throughput): Pace {
  const { imagesPerSecond, batchSize, cpuSecondsPerImage } = measured
  const seconds = probes ? secondsBesideProbes(trainSeconds) : trainSeconds
  const equal = base === null ? null : stepsOfEqualCompute(base, measured)
  return { steps: equal ?? stepBudget(seconds, measured).steps, imagesPerSecond, batchSize, cpuSecondsPerImage }
}

function beginSmoke(staged: StagedChild<'train'>, lap: Lap, seconds: number): void {
  lap.enter('smoke')
  staged.enter('smoke', seconds)
}

function beginTraining(request: TrainRequest, staged: StagedChild<'train'>, lap: Lap, pace: Pace): void {
  const { expectedSeconds: usual, deadlineSeconds } = expectation(pace.steps, pace)
  const expectedSeconds = usual / request.speedup
  lap.enter('train')
  staged.enter('train', deadlineSeconds, expectedSeconds)
  request.onProgress({ stage: 'train', fold: request.fold, share: 0, expectedSeconds })
}

function advance(request: TrainRequest, staged: StagedChild<'train'>, share: number): void {
  if (share > 0 && share < 1) staged.advance(share)
  request.onProgress({ stage: 'train', fold: request.fold, share })
}

function pointOf(event: Extract<TrainEvent, { type: 'train.progress' }>): CurvePoint {
  return {
    fraction: event.fraction,
    runningLoss: event.runningLoss ?? null,
    trainAccuracy: event.trainAccuracy ?? null,
    devAccuracy: event.devAccuracy ?? null,
    trainLoss: event.trainLoss ?? null,
    devLoss: event.devLoss ?? null,
  }
}

/** Class numbers become names further on, so that each must be one. */
function checkReport(report: DevReport, classCount: number): DevReport {
  const numbers = report.confusions.flatMap(([truth, predicted]) => [truth, predicted])
  if (report.perClass.length === classCount && numbers.every((number) => number < classCount)) return report
  throw new BadEvent(`train told of other dev classes than the ${classCount} there are`)
}

/**
 * Guard of the whole process; the tighter one is set when the smoke run has measured the pipeline. A pace that is known may ask for many
 * times the seconds of a scored training, as a refit does.
 */
export function outerDeadline({ pace, trainSeconds }: Pick<TrainRequest, 'pace' | 'trainSeconds'>): number {
  const paced = pace === null ? 0 : utmostSeconds(expectation(pace.steps, pace).deadlineSeconds)
  return START_SECONDS + SMOKE_SECONDS + Math.max(20 * trainSeconds, paced)
}

function summaryOf(fold: number, { finished, pace, account }: Told): TrainingSummary {
  return {
    fold,
    steps: finished.steps,
    trainSeconds: finished.trainSeconds,
    cpuSeconds: finished.cpuSeconds ?? 0,
    imagesPerSecond: pace.imagesPerSecond,
    cpuSecondsPerImage: pace.cpuSecondsPerImage,
    batchSize: pace.batchSize,
    peakMemoryBytes: finished.peakMemoryBytes ?? 0,
    parameterCount: finished.parameterCount ?? 0,
    ...account,
  }
}
