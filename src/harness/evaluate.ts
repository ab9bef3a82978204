import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { foldsOfEvaluation } from '../core/dataset.ts'
import type { NumberedFold } from '../core/dataset.ts'
import type { MetricName, Outcome, Scored, TrainingSummary } from '../core/outcome.ts'
import { COMPONENTS } from '../core/pipeline.ts'
import type { Pipeline } from '../core/pipeline.ts'
import { deriveSeed } from '../core/seeds.ts'
import { secondsPerTraining } from '../core/step-budget.ts'
import type { Pace } from '../core/step-budget.ts'
import type { StagedDataset } from '../dataset/index.ts'
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
  await writePipeline(request)
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
  return scorePredictions(request, 'val', predictions, trainings, tools, clock, signal)
}

/**
 * Scores the sealed test with what `evaluate` trained in the same folder. Pooled folds leave no single model, so that one is trained
 * on all parts with the steps of a fold. The caller counts the opening.
 */
export async function evaluateTest(request: EvaluationRequest, val: Scored, tools: Tools, signal: AbortSignal): Promise<Outcome> {
  const clock = new Stopwatch()
  const [fold] = foldsOf(request)
  if (fold === undefined) throw new Error('a dataset without folds')
  const training = finalTraining(request.dataset, fold, val)
  const trainings = [...val.trainings]
  if (training.name === 'refit') {
    const trained = await trainOnce(request, training, tools, clock, signal)
    if (trained.status === 'failed') return failed(trained, clock)
    trainings.splice(0, trainings.length, trained.summary)
  }
  const prediction = await predictPart(request, training, 'test', tools, clock, signal)
  if (prediction.status === 'failed') return failed(prediction, clock)
  return scorePredictions(request, 'test', [prediction], trainings, tools, clock, signal)
}

type Training = { readonly number: number; readonly name: string; readonly parts: readonly string[]; readonly pace: Pace | null }

/** The training whose weights meet the test. A refit appends the val part, so that the dev rows of fold 0 keep their numbers. */
function finalTraining({ facts }: StagedDataset, fold: NumberedFold, val: Scored): Training {
  const { number } = fold
  if (facts.scheme !== 'pooled') return { number, name: `fold${number}`, parts: fold.train, pace: null }
  return { number, name: 'refit', parts: [...fold.train, fold.val], pace: val.trainings[0] ?? null }
}

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
      parts: training.parts,
      code: codeFolder(request),
      info: await infoOf(request.dataset, training.parts, training.number, trainSeconds, tools.machine),
      seed: deriveSeed(request.seed, 'train', training.name),
      pace: training.pace,
      trainSeconds,
      probes: request.probes ?? false,
      weights: weightsFile(request, training),
      onProgress: request.onProgress,
      onLog: (text) => appendLog(request, `train ${training.name}`, text),
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
  await mkdir(join(request.folder, 'predictions'), { recursive: true })
  return predict(
    {
      dataset: request.dataset,
      fold: training.number,
      part,
      code: codeFolder(request),
      weights: weightsFile(request, training),
      info: await infoOf(request.dataset, training.parts, training.number, secondsOf(request), tools.machine),
      seed: deriveSeed(request.seed, 'predict', training.name, part),
      destination: join(request.folder, 'predictions', part),
      onProgress: request.onProgress,
      onLog: (text) => appendLog(request, `predict ${part} from ${training.name}`, text),
    },
    tools,
    clock,
    signal,
  )
}

async function scorePredictions(
  request: EvaluationRequest,
  split: 'val' | 'test',
  predictions: readonly Prediction[],
  trainings: readonly TrainingSummary[],
  tools: Tools,
  clock: Stopwatch,
  signal: AbortSignal,
): Promise<Outcome> {
  const perImage = join(request.folder, 'predictions', `${split}.per-image.f32`)
  const result = await score({ dataset: request.dataset, predictions, metric: request.metric, perImage }, tools, clock, signal)
  if (result.status === 'failed') return failed(result, clock)
  const steps = trainings[0]?.steps ?? 0
  return { status: 'scored', split, metrics: result.metrics, steps, trainings, seconds: clock.seconds }
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

function codeFolder({ folder }: EvaluationRequest): string {
  return join(folder, 'pipeline')
}

function weightsFile({ folder }: EvaluationRequest, { name }: Training): string {
  return join(folder, `weights-${name}.safetensors`)
}

async function writePipeline(request: EvaluationRequest): Promise<void> {
  await mkdir(codeFolder(request), { recursive: true })
  for (const component of COMPONENTS) await writeFile(join(codeFolder(request), `${component}.py`), request.pipeline[component])
}

async function appendLog({ folder }: EvaluationRequest, title: string, text: string): Promise<void> {
  if (text.trim() !== '') await appendFile(join(folder, 'train.log'), `== ${title}\n${text.trimEnd()}\n`)
}
