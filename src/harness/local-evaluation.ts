import type { MetricName } from '../core/outcome.ts'
import type { StagedDataset } from '../dataset/index.ts'
import type { Progress } from './progress.ts'
import type { Tools } from './tools.ts'

/** What the evaluations of a run on this machine have in common. */
export type LocalEvaluation = {
  readonly dataset: StagedDataset
  readonly tools: Tools
  /** Each evaluation has a folder of its own below it: `src/core/run-layout.ts`. */
  readonly runFolder: string
  readonly runSeed: number
  /** Wall seconds of training in one evaluation, all folds together. */
  readonly trainSeconds: number
  readonly metric: MetricName
  /** A refit makes so many times the steps of a scored training, at least 1. */
  readonly refitTimes: number
  readonly onProgress: (progress: Progress, of: EvaluationName) => void
}

export type EvaluationName = { readonly trial: number; readonly repeat: number | 'refit' | 'test' }
