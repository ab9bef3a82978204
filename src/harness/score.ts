import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { partFacts } from '../core/dataset.ts'
import { ExternalError } from '../core/errors.ts'
import type { MetricName, Metrics } from '../core/outcome.ts'
import { layout } from '../dataset/index.ts'
import type { StagedDataset } from '../dataset/index.ts'
import type { Mount } from '../sandbox/sandbox.ts'
import type { StageFailure } from './failure.ts'
import { limitsOf } from './limits.ts'
import { StagedChild } from './staged-child.ts'
import type { Prediction } from './predict.ts'
import type { Stopwatch } from './progress.ts'
import { lastLines, withChild } from './run-process.ts'
import { collect, withScratch } from './scratch.ts'
import type { Tools } from './tools.ts'

/** The scorer needs numpy alone and a bootstrap of a few thousand draws. */
const SCORE_SECONDS = 300
/** The bootstrap's draws are the same for every pipeline, so that equal predictions get equal intervals. */
const BOOTSTRAP_SEED = 20_250_218
/** Label, predicted class and log loss of each image, float32. */
const PER_IMAGE_BYTES = 12

export type ScoreRequest = {
  readonly dataset: StagedDataset
  readonly predictions: readonly Prediction[]
  readonly metric: MetricName
  /** Where the per-image file goes. */
  readonly perImage: string
}

export type ScoredMetrics = { readonly status: 'measured'; readonly metrics: Metrics }

/** Compares predictions with labels; several folds are pooled. No pipeline code runs here. */
export async function score(
  request: ScoreRequest,
  tools: Tools,
  clock: Stopwatch,
  signal: AbortSignal,
): Promise<ScoredMetrics | StageFailure> {
  return withScratch(async (scratch) => {
    const out = { host: scratch.out, guest: '/out', writable: true }
    const inputs = request.predictions.map((prediction, index) => inputsOf(request.dataset, prediction, index))
    const job = jobOf(request, inputs, tools, join(tools.sandbox.pathOf(out), 'per-image.f32'))
    const mounts = [...inputs.flatMap((input) => [input.logits, input.labels, input.check]), out]
    const limits = limitsOf('score', SCORE_SECONDS)
    const lap = clock.lap()
    lap.enter('score')
    const call = { mode: 'score' as const, job, mounts, limits, signal }
    const measured = await withChild(tools, call, async (child) => {
      const staged = new StagedChild(child, limits)
      staged.enter('score', SCORE_SECONDS)
      return staged.follow((event) => ({ status: 'measured' as const, metrics: event.result }), signal)
    }).finally(lap.stop)
    if (measured.status === 'failed') return ofPredictions(measured)
    await mkdir(dirname(request.perImage), { recursive: true })
    const size = { exactBytes: PER_IMAGE_BYTES * measured.metrics.n }
    return (await collect(join(scratch.out, 'per-image.f32'), request.perImage, size, 'score')) ?? measured
  })
}

/** Predictions can be wrong, and that is the pipeline's; whatever else ends this process, which runs none of its code, is not. */
function ofPredictions(failure: StageFailure): StageFailure {
  if (failure.kind === 'bad-output' || failure.kind === 'not-independent') return failure
  throw new ExternalError('environment', `the predictions could not be scored: ${failure.message}`, {
    evidence: failure.logTail.trim() === '' ? [] : lastLines(failure.logTail, 8),
    fix: 'improve doctor',
  })
}

type Inputs = { readonly prediction: Prediction; readonly logits: Mount; readonly labels: Mount; readonly check: Mount }

function inputsOf({ folder }: StagedDataset, prediction: Prediction, index: number): Inputs {
  return {
    prediction,
    logits: { host: prediction.logits, guest: `/predictions/${index}/logits.f32` },
    labels: { host: layout.labels(folder, prediction.part), guest: `/labels/${index}.i32` },
    check: { host: prediction.check, guest: `/predictions/${index}/check.f32` },
  }
}

function jobOf(request: ScoreRequest, inputs: readonly Inputs[], { sandbox }: Tools, perImage: string): unknown {
  return {
    predictions: inputs.map(({ prediction, logits, labels, check }) => ({
      logits: sandbox.pathOf(logits),
      labels: sandbox.pathOf(labels),
      count: partFacts(request.dataset.facts, prediction.part).count,
      check: sandbox.pathOf(check),
      checkRows: prediction.checkRows,
    })),
    classCount: request.dataset.facts.classes.length,
    metric: request.metric,
    bootstrapSeed: BOOTSTRAP_SEED,
    perImage,
  }
}
