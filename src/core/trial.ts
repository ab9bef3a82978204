import type { Decision } from './decision.ts'
import type { Component, Pipeline } from './pipeline.ts'
import type { ChangeSummary } from './run-events.ts'
import { COMPONENTS } from './pipeline.ts'
import type { Memos, Proposal } from './team.ts'

/** A pipeline with its number in the run; trial 0 is the baseline. `note` is the design, or why the change was made. */
export type Trial = { readonly number: number; readonly pipeline: Pipeline; readonly memos: Memos; readonly note: string }

/** Where the files of a trial lie. */
export type TrialStore = {
  /** Writes the pipeline and what is known of it; `base` is what the diff is made against. */
  readonly save: (trial: Trial, proposal: Proposal | null, base: Trial | null) => Promise<void>
  /** Writes the mended pipeline of a trial beside the one that failed, of which a copy is kept for people. */
  readonly saveRepair: (trial: Trial, proposal: Proposal | null, base: Trial | null) => Promise<void>
  /** Puts a mended pipeline that the journal knows in the place of the one that failed; does nothing where there is none. */
  readonly settleRepair: (number: number) => Promise<void>
  /** Writes what came of it beside it, for people: what counts is the journal. */
  readonly saveDecision: (trial: number, base: number, decision: Decision, lesson: string) => Promise<void>
  /** What `save` or `saveRepair` wrote; null when it is missing or not what the journal says. */
  readonly load: (number: number) => Promise<Trial | null>
  /** SHA-256 of each file. */
  readonly hashes: (pipeline: Pipeline) => Readonly<Record<Component, string>>
}

/** The changes of a proposal without their sources, in the order of the components. */
export function summarizeChanges(proposal: Proposal | null): ChangeSummary[] {
  return COMPONENTS.flatMap((component): ChangeSummary[] => {
    const change = proposal?.changes[component]
    if (change === undefined) return []
    const { title, kind, rationale, fingerprint, labelSafety } = change
    return [{ component, title, kind, rationale, fingerprint, labelSafety }]
  })
}
