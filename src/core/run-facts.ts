import type { OutcomeSummary } from './run-events.ts'
import type { RunState, TrialState } from './run-state.ts'

/** Facts about a run that its views share. */

export type ProposalCounts = {
  readonly kept: number
  readonly rejected: number
  /** Rejected because they could not be scored. */
  readonly failed: number
  /** Proposed, and not decided yet. */
  readonly open: number
}

/** What became of the proposals; the baseline is none. */
export function countProposals({ trials }: RunState): ProposalCounts {
  const proposals = trials.slice(1)
  const count = (test: (trial: TrialState) => boolean) => proposals.filter(test).length
  const kept = count(({ decision }) => decision?.verdict === 'kept')
  const failed = count(({ decision }) => decision?.stage === 'failed')
  const open = count(({ decision }) => decision === null)
  return { kept, rejected: proposals.length - kept - failed - open, failed, open }
}

export type ScoredSummary = Extract<OutcomeSummary, { status: 'scored' }>

/** What the first evaluation of a trial on val came to; null when it was not scored. All trials of a run share its images. */
export function firstScore(trial: TrialState | undefined): ScoredSummary | null {
  const outcome = trial?.evaluations.find(({ repeat }) => repeat === 0)?.finished?.outcome
  return outcome?.status === 'scored' ? outcome : null
}

/** False when there were proposals and none of them could be scored. */
export function hasScoredProposal({ trials }: RunState): boolean {
  return trials.length === 1 || trials.slice(1).some((trial) => trial.decision?.stage !== 'failed')
}
