import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { NumberedFold } from '../core/dataset.ts'
import type { TrainingSummary } from '../core/outcome.ts'
import type { Machine } from '../core/machine.ts'
import { deriveSeed } from '../core/seeds.ts'
import type { Pace } from '../core/step-budget.ts'
import { appendLog, evaluationLayout } from './evaluation-folder.ts'
import type { EvaluationRequest } from './evaluate.ts'
import type { StageFailure } from './failure.ts'
import { infoOf } from './info.ts'
import { predict } from './predict.ts'
import type { Prediction } from './predict.ts'
import type { Progress, Stopwatch } from './progress.ts'
import type { Tools } from './tools.ts'
import { train } from './train.ts'
import type { TrainRequest } from './train.ts'

export type FoldTask = {
  readonly request: EvaluationRequest
  readonly fold: NumberedFold
  readonly pace: Pace | null
  readonly agree: TrainRequest['agree']
  readonly speedup: number
  /** Wall seconds that the steps of one training follow from. */
  readonly trainSeconds: number
  /** What the pipeline is told of the machine: the same for all folds, so that all of them build the same net. */
  readonly toldMachine: Machine
  readonly onProgress: (progress: Progress) => void
  /** Is called when the training has ended. */
  readonly onTrained: () => Promise<void>
}

export type FoldResult = {
  readonly status: 'predicted'
  readonly pace: Pace
  readonly summary: TrainingSummary
  readonly prediction: Prediction
}

/** Trains without the val part of a fold, then predicts it. */
export async function evaluateFold(
  task: FoldTask,
  tools: Tools,
  clock: Stopwatch,
  signal: AbortSignal,
): Promise<FoldResult | StageFailure> {
  const { request, fold, trainSeconds, onProgress } = task
  const { dataset, folder, seed } = request
  const name = `fold${fold.number}`
  const code = evaluationLayout.code(folder)
  const weights = evaluationLayout.weights(folder, name)
  const info = await infoOf(dataset, fold.train, fold.number, trainSeconds, task.toldMachine)
  const common = { dataset, fold: fold.number, code, weights, info, onProgress }
  const trained = await train(
    {
      ...common,
      devFold: fold.number,
      parts: fold.train,
      seed: deriveSeed(seed, 'train', name),
      pace: task.pace,
      base: request.base ?? null,
      agree: task.agree,
      speedup: task.speedup,
      trainSeconds,
      probes: request.probes ?? false,
      onLog: (text) => appendLog(folder, `train ${name}`, text),
    },
    tools,
    clock,
    signal,
  )
  if (trained.status === 'failed') return trained
  await task.onTrained()
  await mkdir(evaluationLayout.predictions(folder), { recursive: true })
  const prediction = await predict(
    {
      ...common,
      part: fold.val,
      seed: deriveSeed(seed, 'predict', name, fold.val),
      destination: join(evaluationLayout.predictions(folder), fold.val),
      onLog: (text) => appendLog(folder, `predict ${fold.val} from ${name}`, text),
    },
    tools,
    clock,
    signal,
  )
  if (prediction.status === 'failed') return prediction
  return { status: 'predicted', pace: trained.pace, summary: trained.summary, prediction }
}
