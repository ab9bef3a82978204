import type { ImageResults } from './evaluation.ts'
import type { Outcome, TrainingSummary } from './outcome.ts'
import type { Pipeline } from './pipeline.ts'
import type { EvaluationRecord } from './run-state.ts'

/** Trains and scores one pipeline; the only way in which the loop reaches a training. */
export type Evaluator = {
  readonly evaluate: (task: EvaluationTask, signal: AbortSignal) => Promise<Evaluation>
  /** An evaluation that was made earlier; null when its files are gone or are not what they were. */
  readonly recall: (record: EvaluationRecord) => Promise<Evaluation | null>
  /** Gives back what the weights of a trial that is out of the race take on disk; what decisions rest on stays. */
  readonly discard: (trial: number) => Promise<void>
  /** Trains a pipeline once more on train, dev and val, with the steps of its first evaluation; it was not scored on anything. Throws when it fails. */
  readonly refit: (trial: FinalTask, signal: AbortSignal) => Promise<Refit>
  /** Scores the sealed test with the refit, or with the model of the first evaluation. The caller counts the opening. */
  readonly test: (trial: FinalTask, artefact: Artefact, signal: AbortSignal) => Promise<Evaluation>
}

export type Refit = { readonly record: EvaluationRecord; readonly training: TrainingSummary }
export type Artefact = 'refit' | 'as scored'
export type FinalTask = { readonly number: number; readonly pipeline: Pipeline }

export type EvaluationTask = {
  readonly trial: number
  readonly pipeline: Pipeline
  /** 0 for the screen; each further one brings a fresh seed and, where folds rotate, the next fold. */
  readonly repeat: number
  readonly seed: number
  /** The trial whose pipeline was changed: this one is trained with as much compute; null for the baseline. */
  readonly base: number | null
}

export type Evaluation = {
  readonly outcome: Outcome
  /** Null when the outcome is a failure. */
  readonly images: ImageResults | null
  readonly record: EvaluationRecord
}
