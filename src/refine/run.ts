import type { RunEvent, StampedEvent } from '../core/run-events.ts'
import type { RunSpec } from '../core/run-spec.ts'
import type { RunState } from '../core/run-state.ts'
import type { Brief, Team } from '../core/team.ts'
import type { TrialStore } from '../core/trial.ts'
import type { Evaluator } from '../core/evaluator.ts'
import type { Strategy } from './strategies.ts'

/** Everything a refinement works with. What has happened is in the journal alone: calling the loop again goes on from there. */
export type Run = {
  readonly spec: RunSpec
  readonly brief: Brief
  readonly team: Team
  readonly strategy: Strategy
  readonly evaluator: Evaluator
  readonly journal: RunJournal
  readonly trials: TrialStore
  readonly hasSealedTest: boolean
  /** All that the user has said to the team so far, oldest first. */
  readonly heard: () => Promise<readonly string[]>
  /** Counts a look at the sealed test for the trials named, before it is taken; the number of all looks at this test. */
  readonly countOpening: (trials: readonly number[]) => Promise<number>
  /** Asked before each training: the user wants to stop, and what is being trained may still end. */
  readonly stopSoon: AbortSignal
}

export type RunJournal = {
  readonly state: () => RunState
  /** Returns when the event is on disk. */
  readonly append: (event: RunEvent) => Promise<StampedEvent>
  /** Seconds of work so far, up to now. */
  readonly activeSeconds: () => number
}
