import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { foldsOfEvaluation } from '../core/dataset.ts'
import type { NumberedFold } from '../core/dataset.ts'
import type { MetricName, Outcome, TrainingSummary } from '../core/outcome.ts'
import type { Pipeline } from '../core/pipeline.ts'
import { deriveSeed } from '../core/seeds.ts'
import { secondsPerTraining } from '../core/step-budget.ts'
import type { Pace } from '../core/step-budget.ts'
import type { StagedDataset } from '../dataset/index.ts'
import { appendLog, evaluationLayout, writePipeline } from './evaluation-folder.ts'
import type { StageFailure } from './failure.ts'
import { infoOf } from './info.ts'
import { predict } from './predict.ts'
import type { Prediction } from './predict.ts'
import { Stopwatch } from './progress.ts'
import type { Progress } from './progress.ts'
import { score } from './score.ts'
import type { Tools } from './tools.ts'
import { train } from './train.ts'
import type { Trained } from './train.ts'

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
  /** Whether each finished model is also asked about changed dev pictures, for diagnosis; no when left out. */
  readonly probes?: boolean
  /** Gets `pipeline/`, `weights-*.safetensors`, `predictions/` and `train.log`. */
  readonly folder: string
  readonly onProgress: (progress: Progress) => void
}

/** Trains a pipeline, predicts `val` and scores the predictions: pooled over all folds when the dataset is small. */
export async function evaluate(request: EvaluationRequest, tools: Tools, signal: AbortSignal): Promise<Outcome> {
  const clock = new Stopwatch()
  await writePipeline(request.folder, request.pipeline)
  const trainings: TrainingSummary[] = []
  const predictions: Prediction[] = []
  let pace = request.pace ?? null
  for (const fold of foldsOf(request)) {
    const training: Training = { number: fold.number, name: `fold${fold.number}`, parts: fold.train, pace }
    const trained = await trainOnce(request, training, tools, clock, signal)
    if (trained.status === 'failed') return failed(trained, clock)
    const prediction = await predictPart(request, training, fold.val, tools, clock, signal)
    if (prediction.status === 'failed') return failed(prediction, clock)
    pace ??= trained.pace
    trainings.push(trained.summary)
    predictions.push(prediction)
  }
  return scorePredictions(request, predictions, trainings, tools, clock, signal)
}

type Training = { readonly number: number; readonly name: string; readonly parts: readonly string[]; readonly pace: Pace | null }

async function trainOnce(
  request: EvaluationRequest,
  training: Training,
  tools: Tools,
  clock: Stopwatch,
  signal: AbortSignal,
): Promise<Trained | StageFailure> {
  const trainSeconds = secondsOf(request)
  return train(
    {
      dataset: request.dataset,
      fold: training.number,
      devFold: training.number,
      parts: training.parts,
      code: evaluationLayout.code(request.folder),
      info: await infoOf(request.dataset, training.parts, training.number, trainSeconds, tools.machine),
      seed: deriveSeed(request.seed, 'train', training.name),
      pace: training.pace,
      trainSeconds,
      probes: request.probes ?? false,
      weights: evaluationLayout.weights(request.folder, training.name),
      onProgress: request.onProgress,
      onLog: (text) => appendLog(request.folder, `train ${training.name}`, text),
    },
    tools,
    clock,
    signal,
  )
}

async function predictPart(
  request: EvaluationRequest,
  training: Training,
  part: string,
  tools: Tools,
  clock: Stopwatch,
  signal: AbortSignal,
): Promise<Prediction | StageFailure> {
  await mkdir(evaluationLayout.predictions(request.folder), { recursive: true })
  return predict(
    {
      dataset: request.dataset,
      fold: training.number,
      part,
      code: evaluationLayout.code(request.folder),
      weights: evaluationLayout.weights(request.folder, training.name),
      info: await infoOf(request.dataset, training.parts, training.number, secondsOf(request), tools.machine),
      seed: deriveSeed(request.seed, 'predict', training.name, part),
      destination: join(evaluationLayout.predictions(request.folder), part),
      onProgress: request.onProgress,
      onLog: (text) => appendLog(request.folder, `predict ${part} from ${training.name}`, text),
    },
    tools,
    clock,
    signal,
  )
}

async function scorePredictions(
  request: EvaluationRequest,
  predictions: readonly Prediction[],
  trainings: readonly TrainingSummary[],
  tools: Tools,
  clock: Stopwatch,
  signal: AbortSignal,
): Promise<Outcome> {
  const perImage = evaluationLayout.perImage(request.folder, 'val')
  const result = await score({ dataset: request.dataset, predictions, metric: request.metric, perImage }, tools, clock, signal)
  if (result.status === 'failed') return failed(result, clock)
  const steps = trainings[0]?.steps ?? 0
  return { status: 'scored', split: 'val', metrics: result.metrics, steps, trainings, seconds: clock.seconds }
}

function failed(failure: StageFailure, clock: Stopwatch): Outcome {
  return { ...failure, seconds: clock.seconds }
}

function secondsOf(request: EvaluationRequest): number {
  return secondsPerTraining(request.trainSeconds, foldsOf(request).length)
}

function foldsOf({ dataset, repeat }: EvaluationRequest): readonly NumberedFold[] {
  return foldsOfEvaluation(dataset.facts, repeat)
}
