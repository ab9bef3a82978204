import type { Comparison, Decision } from './decision.ts'
import type { ChangeSummary, FailedSummary, OutcomeSummary, StampedEvent } from './run-events.ts'
import type { CallCost } from './language-model.ts'
import type { Component } from './pipeline.ts'
import type { RunSpec } from './run-spec.ts'
import type { Diagnosis } from './team.ts'

/** Where a run stands: what its events come to, and nothing else. */
export type RunState = {
  readonly spec: RunSpec | null
  readonly status: 'empty' | 'running' | 'interrupted' | 'finished'
  readonly activeSeconds: number
  readonly startedAt: string | null
  /** By number; trial 0 is the baseline. */
  readonly trials: readonly TrialState[]
  /** Number of the best trial so far: the last one kept, or the baseline once it is scored. */
  readonly best: number | null
  readonly searchEnd: string | null
  /** Models trained once more on all images but the sealed test's. */
  readonly refits: readonly { readonly trial: number; readonly record: EvaluationRecord; readonly steps: number }[]
  readonly test: TestState | null
  /** Answered calls of language models, in their order. */
  readonly calls: readonly CallCost[]
  /** What the user said to the team, in its order. */
  readonly hints: readonly string[]
  /** Every time that another team went on in the place of the one that was asked for, with the number of the trial that came next. */
  readonly replacements: readonly { readonly by: string; readonly reason: string; readonly trial: number }[]
  readonly finished: string | null
}

export type TrialState = {
  readonly number: number
  readonly base: number | null
  readonly diagnosis: Diagnosis | null
  readonly changes: readonly ChangeSummary[]
  readonly pipeline: Readonly<Record<Component, string>>
  /** Why there is nothing to train, or null. */
  readonly refusal: string | null
  /** How the pipelines failed that this one replaced, oldest first. */
  readonly failures: readonly FailedSummary[]
  /** By repeat; a repeat that was started and not finished has `finished` null. */
  readonly evaluations: readonly EvaluationState[]
  readonly decision: Decision | null
  readonly lesson: string | null
}

export type EvaluationState = {
  readonly repeat: number
  readonly seed: number
  /** How often it was begun. */
  readonly attempts: number
  readonly finished: {
    readonly record: EvaluationRecord
    readonly outcome: OutcomeSummary
    /** When it ended, in active seconds of the run. */
    readonly activeSeconds: number
  } | null
}

/** What a journal keeps of an evaluation: enough to find its files and to know that they are the same. */
export type EvaluationRecord = {
  readonly trial: number
  readonly repeat: number
  readonly seed: number
  /** Relative to the run folder. */
  readonly folder: string
  /** SHA-256 by file name relative to `folder`. */
  readonly files: Readonly<Record<string, string>>
}

export type TestState = {
  readonly openings: number
  /** What was opened for; each is scored once. */
  readonly trials: readonly number[]
  readonly scored: readonly {
    readonly trial: number
    readonly artefact: 'refit' | 'as scored'
    readonly record: EvaluationRecord
    readonly outcome: OutcomeSummary
  }[]
  readonly compared: { readonly comparison: Comparison; readonly reason: string } | null
}

export type Apply = (state: RunState, event: StampedEvent) => RunState
