import { foldsOfEvaluation } from '../core/dataset.ts'
import type { NumberedFold } from '../core/dataset.ts'
import type { MetricName, Outcome } from '../core/outcome.ts'
import type { Pipeline } from '../core/pipeline.ts'
import { planRounds, roundsFrom, secondsOfTraining } from '../core/rounds.ts'
import type { Round } from '../core/rounds.ts'
import type { Pace } from '../core/step-budget.ts'
import type { StagedDataset } from '../dataset/index.ts'
import { evaluateFold } from './evaluate-fold.ts'
import type { FoldResult } from './evaluate-fold.ts'
import { evaluationLayout, writePipeline } from './evaluation-folder.ts'
import type { StageFailure } from './failure.ts'
import { memoryLimit } from './limits.ts'
import { RoundProgress, Stopwatch } from './progress.ts'
import type { Progress } from './progress.ts'
import { preparePrediction } from './predict.ts'
import { score } from './score.ts'
import { PaceAgreement, runSideBySide } from './side-by-side.ts'
import type { Tools } from './tools.ts'
import { prepareTraining } from './train.ts'

export type EvaluationRequest = {
  readonly dataset: StagedDataset
  readonly pipeline: Pipeline
  readonly seed: number
  /** Wall seconds of training, all folds together. */
  readonly trainSeconds: number
  readonly metric: MetricName
  /** Which evaluation of this pipeline it is, from 0: decides the fold where folds rotate. 0 when left out. */
  readonly repeat?: number
  /** Of an earlier evaluation of the same pipeline, which is trained as long; the smoke run measures it when there is none. */
  readonly pace?: Pace | null
  /** Of the pipeline that this one is a change of; it is then trained with as much compute, whatever the clock says. */
  readonly base?: Pace | null
  /** Whether each finished model is also asked about changed dev pictures, for diagnosis; no when left out. */
  readonly probes?: boolean
  /** Gets `pipeline/`, `weights-*.safetensors`, `predictions/` and `train.log`. */
  readonly folder: string
  readonly onProgress: (progress: Progress) => void
}

/**
 * Trains a pipeline, predicts `val` and scores the predictions: pooled over all folds when the dataset is small. Folds are trained side
 * by side where the machine makes more steps that way.
 */
export async function evaluate(request: EvaluationRequest, tools: Tools, signal: AbortSignal): Promise<Outcome> {
  const clock = new Stopwatch()
  await writePipeline(request.folder, request.pipeline)
  const waiting = [...foldsOfEvaluation(request.dataset.facts, request.repeat)]
  const rounds = planRounds(waiting.length, tools.machine, tools.threads)
  const done: FoldResult[] = []
  for (const index of rounds.keys()) {
    const folds = waiting.splice(0, rounds[index]?.count)
    const place = { rounds, index, pace: request.pace ?? done[0]?.pace ?? null, after: waiting }
    const results = await evaluateRound(request, place, folds, tools, clock, signal)
    if ('status' in results) return { ...results, seconds: clock.seconds }
    done.push(...results)
  }
  return scoreFolds(request, done, tools, clock, signal)
}

type PlaceInPlan = {
  readonly rounds: readonly Round[]
  readonly index: number
  readonly pace: Pace | null
  /** The folds of later rounds. */
  readonly after: readonly NumberedFold[]
}

/** Evaluates some folds at the same time. */
async function evaluateRound(
  request: EvaluationRequest,
  place: PlaceInPlan,
  folds: readonly NumberedFold[],
  tools: Tools,
  clock: Stopwatch,
  signal: AbortSignal,
): Promise<readonly FoldResult[] | StageFailure> {
  const { rounds, index, pace } = place
  const [first] = rounds
  const round = rounds[index]
  if (first === undefined || round === undefined) throw new Error('an evaluation without trainings')
  const trainSeconds = secondsOfTraining(request.trainSeconds, rounds)
  const numbers = folds.map((fold) => fold.number)
  const progress = new RoundProgress(numbers, roundsFrom(rounds, index + 1) * round.speedup, request.onProgress)
  const agreement = new PaceAgreement(folds.length)
  const tasks = folds.map((fold, lane) => async (inner: AbortSignal) => {
    const { agree, leave } = agreement.join()
    const { onProgress } = progress
    const onTrained = () => prepareNext(request, place, lane, tools)
    const told = { trainSeconds, toldMachine: first.machine }
    const task = { request, fold, pace, agree, speedup: round.speedup, ...told, onProgress, onTrained }
    return evaluateFold(task, shareTools(tools, round), clock, inner).finally(leave)
  })
  return runSideBySide(tasks, signal)
}

/** Starts the processes of what this lane does next: a fold of the next round, else the first of an evaluation that may follow. */
async function prepareNext({ dataset }: EvaluationRequest, place: PlaceInPlan, lane: number, tools: Tools): Promise<void> {
  const { rounds, index, after } = place
  const isLast = index === rounds.length - 1
  const round = isLast ? rounds[0] : rounds[index + 1]
  const folds = (isLast ? foldsOfEvaluation(dataset.facts) : after).slice(0, round?.count)
  const lanes = rounds[index]?.count ?? 1
  if (round === undefined) return
  const share = shareTools(tools, round)
  for (const fold of folds.filter((_, number) => number % lanes === lane)) {
    await prepareTraining({ dataset, parts: fold.train, devFold: fold.number }, share)
    await preparePrediction({ dataset, part: fold.val }, share)
  }
}

/** The part of the machine that one training of a round has. */
function shareTools(tools: Tools, { machine, count }: Round): Tools {
  const limits = count > 2 ? { memoryBytes: Math.floor((2 * memoryLimit()) / count), ...tools.limits } : tools.limits
  return { ...tools, machine, threads: machine.threads, ...(limits && { limits }) }
}

async function scoreFolds(
  request: EvaluationRequest,
  folds: readonly FoldResult[],
  tools: Tools,
  clock: Stopwatch,
  signal: AbortSignal,
): Promise<Outcome> {
  const predictions = folds.map((fold) => fold.prediction)
  const trainings = folds.map((fold) => fold.summary)
  const perImage = evaluationLayout.perImage(request.folder, 'val')
  const result = await score({ dataset: request.dataset, predictions, metric: request.metric, perImage }, tools, clock, signal)
  if (result.status === 'failed') return { ...result, seconds: clock.seconds }
  const steps = trainings[0]?.steps ?? 0
  return { status: 'scored', split: 'val', metrics: result.metrics, steps, trainings, seconds: clock.seconds }
}
