import type { Failed, Outcome, StageSeconds, TrainingSummary } from '../core/outcome.ts'
import type { Pipeline } from '../core/pipeline.ts'
import type { CachedDataset, Card } from '../dataset/index.ts'
import type { MeasuredMachine } from '../harness/index.ts'
import type { Parts } from './compose.ts'
import type { TryOptions } from './run-try.ts'

/** One `improve try`, as far as it is known before the training. */
export type Trial = {
  readonly options: TryOptions
  readonly source: string
  readonly dataset: CachedDataset
  readonly card: Card
  readonly chosen: { readonly pipeline: Pipeline; readonly name: string; readonly reason: string }
  readonly machine: MeasuredMachine
  /** Seeds that are trained at once. */
  readonly lanes: number
  readonly parts: Parts
  /** The result folder. */
  readonly folder: string
  readonly prepareSeconds: number
  readonly version: string
}

/** A training on all images but test, for the classifier that is shipped. */
export type Refitted = {
  readonly status: 'refitted'
  /** Of the weights. */
  readonly sha256: string
  readonly training: TrainingSummary
  readonly seconds: StageSeconds
}

/** What one seed came to. */
export type TrialRun = {
  readonly seed: number
  readonly val: Outcome
  /** Null where the weights that were scored on val are the ones to use, or where no classifier of this seed was needed. */
  refit: Refitted | Failed | null
  test: Outcome | null
}
