import type { CurvePoint, DevReport } from './evaluation.ts'

/** What one evaluation of a pipeline came to. */
export type Outcome = Scored | Failed

export const STAGES = ['start', 'check', 'smoke', 'train', 'predict', 'score'] as const
export type Stage = (typeof STAGES)[number]

export const FAILURE_KINDS = [
  'syntax',
  'contract',
  'exception',
  'out-of-memory',
  'timeout',
  'diverged',
  'processes',
  'disk',
  'killed',
  'bad-output',
  'not-independent',
] as const
export type FailureKind = (typeof FAILURE_KINDS)[number]

/** What the machine is as likely to be the cause of as the pipeline: a full disk, a process that somebody killed. */
const OUTSIDE_KINDS: readonly FailureKind[] = ['disk', 'killed']

export type Failed = {
  readonly status: 'failed'
  readonly stage: Stage
  readonly kind: FailureKind
  /** One sentence good enough to repair the code from. */
  readonly message: string
  /** What the process said beside it, one finding or likely cause each: printable, few and short, but untrusted. */
  readonly evidence: readonly string[]
  /** Last lines of what the process printed; untrusted text. */
  readonly logTail: string
  readonly seconds: StageSeconds
}

/** Whether a failure may be nothing of the pipeline's, so that the same training deserves a second attempt. */
export function isFromOutside(
  outcome: { readonly status: 'scored' } | { readonly status: 'failed'; readonly kind: FailureKind },
): boolean {
  return outcome.status === 'failed' && OUTSIDE_KINDS.includes(outcome.kind)
}

export type Scored = {
  readonly status: 'scored'
  readonly split: 'val' | 'test'
  readonly metrics: Metrics
  readonly steps: number
  readonly trainings: readonly TrainingSummary[]
  readonly seconds: StageSeconds
}

/** Wall seconds of each stage, summed over folds. */
export type StageSeconds = Readonly<Record<'start' | 'smoke' | 'train' | 'predict' | 'score', number>>

/** One training of one fold, as the training process tells it: shown, never decided on. */
export type TrainingSummary = {
  readonly fold: number
  readonly steps: number
  readonly trainSeconds: number
  readonly cpuSeconds: number
  readonly imagesPerSecond: number
  /** Null where another device than the CPU computes. */
  readonly cpuSecondsPerImage: number | null
  /** 0..1 of a training step that was spent on data, as the smoke run measured it; null where none was made. */
  readonly dataShare: number | null
  readonly batchSize: number
  readonly peakMemoryBytes: number
  readonly parameterCount: number
  readonly curve: readonly CurvePoint[]
  /** Of the finished model; null where the fold has no dev images. */
  readonly dev: DevReport | null
}

export const METRIC_NAMES = ['accuracy', 'balanced-accuracy', 'macro-f1', 'log-loss', 'auc'] as const
export type MetricName = (typeof METRIC_NAMES)[number]

/** An estimate with its 95 % interval. */
export type Estimate = { readonly value: number; readonly low: number; readonly high: number }

export type ClassMetrics = { readonly count: number; readonly recall: number; readonly precision: number }

/** What the `score` process measured; the only source of numbers shown as accuracy. */
export type Metrics = {
  readonly n: number
  readonly classCount: number
  readonly metric: MetricName
  /** The chosen metric with its interval. */
  readonly chosen: Estimate
  readonly accuracy: Estimate
  readonly balancedAccuracy: number
  readonly macroF1: number
  /** Mean natural-log loss per image. */
  readonly logLoss: number
  /** Macro mean of one-vs-rest; null when a class of the split has no image. */
  readonly auc: number | null
  readonly topK: { readonly k: number; readonly value: number }
  /** Expected calibration error, 15 bins of equal width. */
  readonly calibrationError: number
  readonly perClass: readonly ClassMetrics[]
  /** Largest off-diagonal cells: [true class, predicted class, count]. */
  readonly confusions: readonly (readonly [number, number, number])[]
  readonly independence: { readonly checked: number; readonly agreement: number; readonly maxDifference: number }
}
