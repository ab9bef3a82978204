import type { ImageResults } from '../core/evaluation.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Pipeline } from '../core/pipeline.ts'
import type { EvaluationRecord } from '../core/run-state.ts'

/** Trains and scores one pipeline; the only way in which the loop reaches a training. */
export type Evaluator = {
  readonly evaluate: (task: EvaluationTask, signal: AbortSignal) => Promise<Evaluation>
  /** An evaluation that was made earlier; null when its files are gone or are not what they were. */
  readonly recall: (record: EvaluationRecord) => Promise<Evaluation | null>
}

export type EvaluationTask = {
  readonly trial: number
  readonly pipeline: Pipeline
  /** 0 for the screen; each further one brings a fresh seed and, where folds rotate, the next fold. */
  readonly repeat: number
}

export type Evaluation = {
  readonly outcome: Outcome
  /** Null when the outcome is a failure. */
  readonly images: ImageResults | null
  readonly record: EvaluationRecord
}
