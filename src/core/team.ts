import type { Card } from './card.ts'
import type { CurvePoint, DevReport } from './evaluation.ts'
import type { FailureKind, MetricName, Stage } from './outcome.ts'
import type { Component, Pipeline } from './pipeline.ts'

/**
 * The five roles as functions from typed facts to checked values. Who plays them (rules, a language model, a person) is nobody's
 * business but theirs. No role starts a process, writes a file, or decides whether its proposal is kept.
 */
export type Team = {
  readonly name: string
  readonly architect: (brief: Brief, signal: AbortSignal) => Promise<Blueprint>
  /** Null when the team has nothing left that it would try. */
  readonly analyst: (evidence: Evidence, signal: AbortSignal) => Promise<Diagnosis | null>
  readonly engineers: Readonly<Record<Component, Engineer>>
  /** Other ways of working, for comparisons with the five roles; absent where a team has none. */
  readonly alone?: Alone
  /** Absent where what a team writes is not worth repairing by it. */
  readonly repair?: Repair
}

/** What somebody does without the five roles. Each answer is one piece of work; null when there is nothing left to try. */
export type Alone = {
  /** All five jobs at once, one component changed. */
  readonly single: (evidence: Evidence, signal: AbortSignal) => Promise<Proposal | null>
  /** Every file may change. */
  readonly anything: (evidence: Evidence, signal: AbortSignal) => Promise<Proposal | null>
  /** A whole pipeline from the task alone; `draw` tells independent answers apart. */
  readonly afresh: (brief: Brief, draw: number, signal: AbortSignal) => Promise<Blueprint>
}

/** Whoever plays a role gave nothing that could be tried, also when asked again: the proposal counts as failed. */
export class NoValidReply extends Error {
  /** What was diagnosed before the reply that could not be used, or null. */
  readonly diagnosis: Diagnosis | null

  constructor(message: string, diagnosis: Diagnosis | null = null) {
    super(message)
    this.diagnosis = diagnosis
  }
}

/** The authors of what failed mend it; null when they give up. */
export type Repair = {
  readonly blueprint: (brief: Brief, broken: Broken<Blueprint>, signal: AbortSignal) => Promise<Blueprint | null>
  readonly proposal: (evidence: Evidence, broken: Broken<Proposal>, signal: AbortSignal) => Promise<Proposal | null>
}

/** What was tried and failed. */
export type Broken<T> = {
  readonly work: T
  /** Repairs that were tried before this one. */
  readonly earlierRepairs: number
  readonly failure: TrialFailure
}

/** What is known of a failure: sentences of ours, and untrusted text of the process. */
export type TrialFailure = {
  readonly stage: Stage
  readonly kind: FailureKind
  readonly message: string
  readonly evidence: readonly string[]
  readonly logTail: string
}

/** Null when the engineer has no untried idea for the task. */
export type Engineer = (assignment: Assignment, signal: AbortSignal) => Promise<Change | null>

/** What is known before anything was trained. */
export type Brief = {
  readonly card: Card
  /** What the user said about the images, or null. */
  readonly about: string | null
  readonly metric: MetricName
  /** Median stored [height, width] in pixels. */
  readonly shape: readonly [number, number]
  readonly channels: 1 | 3
  readonly classes: readonly string[]
  /** Images of each class to train on. */
  readonly classCounts: readonly number[]
  /** Images to fit on in one training. */
  readonly trainCount: number
  /** Images that a decision rests on, in one evaluation. */
  readonly valCount: number
  /** Wall seconds of one training (of one fold). */
  readonly trainSeconds: number
  readonly machine: { readonly device: string; readonly threads: number; readonly dtype: string; readonly referenceSpeed: number }
  readonly seed: number
}

/** The Architect's answer: what it understood, what it designed, and pipeline 0 as one coherent piece. */
export type Blueprint = {
  /** What kind of images these are and what may and may not be done to them, in words. */
  readonly understanding: string
  readonly design: string
  readonly pipeline: Pipeline
  readonly memos: Memos
}

/** What the author of a component wants to find again beside it, as JSON; nobody else reads it. */
export type Memos = Readonly<Record<Component, unknown>>

/** What the Analyst reads. Figures of val are rounded so that repeated asking does not leak it. */
export type Evidence = {
  readonly brief: Brief
  readonly best: BestSoFar
  readonly past: readonly PastTrial[]
  /** Proposals that still fit into the budget. */
  readonly trialsLeft: number
  /** Rejections since the last kept change. */
  readonly sinceKept: number
  /** Components that may be changed now: all three, or one in a fixed order. */
  readonly allowed: readonly Component[]
  /** What the user said to the team while the run went on, oldest first. */
  readonly hints: readonly string[]
}

export type BestSoFar = {
  readonly trial: number
  readonly pipeline: Pipeline
  readonly memos: Memos
  /** The metric on val, rounded to half its standard error. */
  readonly valScore: number
  /** Means over the trainings of the evaluation. */
  readonly curve: readonly CurvePoint[]
  readonly dev: DevReport | null
  readonly imagesPerSecond: number
  readonly steps: number
  readonly batchSize: number
  readonly parameterCount: number
  readonly trainSeconds: number
}

export type PastTrial = {
  readonly trial: number
  /** The trial whose pipeline was changed. */
  readonly base: number
  readonly components: readonly Component[]
  readonly title: string
  /** Family of the change, such as "regularise"; what the team learns about. */
  readonly kind: string
  /** Equal for two changes that come to the same pipeline component. */
  readonly fingerprint: string
  readonly bottleneck: string | null
  readonly predictedGain: number
  readonly result:
    /** The first line says what went wrong; further findings or likely causes follow, a line each. */
    | { readonly status: 'failed'; readonly message: string }
    | {
        readonly status: 'scored'
        readonly decision: 'kept' | 'rejected'
        /** Change of the metric against the base in favour of the change, 0..1, rounded. */
        readonly delta: number
        readonly low: number
        readonly high: number
        /** Seconds a step against the base. */
        readonly costRatio: number
      }
}

export type Diagnosis = {
  /** One sentence with its numbers. */
  readonly diagnosis: string
  /** The word for it, such as "overfitting"; free for each team. */
  readonly bottleneck: string
  readonly component: Component
  /** What the engineer is asked to do. */
  readonly task: string
  /** Expected change of the metric, 0..1. */
  readonly predictedGain: number
}

export type Assignment = { readonly diagnosis: Diagnosis; readonly evidence: Evidence }

/** An engineer's answer: the new source of its one file. */
export type Change = {
  readonly title: string
  readonly kind: string
  readonly source: string
  readonly rationale: string
  readonly fingerprint: string
  readonly memo: unknown
  /** What was found out before training about whether the change may alter what a picture means, or null where that cannot be. */
  readonly labelSafety: string | null
}

/** What a strategy asks to be trained: a pipeline that differs from the best in the components named, and why. */
export type Proposal = {
  readonly diagnosis: Diagnosis | null
  readonly changes: Readonly<Partial<Record<Component, Change>>>
}
