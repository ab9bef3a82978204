import type { MetricName } from '../core/outcome.ts'
import type { RunSpec } from '../core/run-spec.ts'
import { refitShare } from '../core/plan.ts'
import { firstScore } from '../core/run-facts.ts'
import type { RunState } from '../core/run-state.ts'

/** What a proposal costs beyond its first evaluation, as a share of one: two of five go on to a fresh seed. */
const CONFIRMATION_SHARE = 0.4
/** Wall seconds around the trainings of one evaluation (start, smoke, predict, score), until one was measured. */
const OVERHEAD_SECONDS = 12
/** Of a refit and the test, beyond the training. */
const FINAL_OVERHEAD_SECONDS = 15

/** What is kept free for one proposal, in evaluations: its first look and a fresh seed. A third is asked for before it is made. */
const EVALUATIONS_TO_DECIDE = 2

/** Why the search ends now, as a sentence; null while another proposal fits. */
export function reasonToStop(spec: RunSpec, state: RunState, activeSeconds: number, now: Date): string | null {
  const { budget } = spec
  const proposals = state.trials.length - 1
  if (budget.trials !== null && proposals >= budget.trials) return `all ${budget.trials} proposals were made`
  const reached = state.best === null ? null : (firstScore(state.trials[state.best])?.chosen.value ?? null)
  if (budget.target !== null && reached !== null && reaches(spec.metric, reached, budget.target))
    return `the target of ${formatTarget(spec.metric, budget.target)} on val is reached`
  const rejections = sinceKept(state)
  if (rejections >= budget.patience) return `plateau: ${rejections} proposals in a row were not kept`
  const needed = evaluationSeconds(spec, state) * EVALUATIONS_TO_DECIDE + finalSeconds(spec, state)
  if (needed <= secondsLeft(spec, state, activeSeconds, now)) return null
  const isTime = activeSeconds + needed > budget.timeSeconds
  return isTime ? 'the time is used up: another proposal would not fit' : 'the wall time is used up'
}

/** Seconds until the first of the two limits, of work and of the clock on the wall. */
export function secondsLeft({ budget }: RunSpec, state: RunState, activeSeconds: number, now: Date): number {
  const wall = state.startedAt === null ? 0 : (now.getTime() - Date.parse(state.startedAt)) / 1000
  return Math.min(budget.timeSeconds - activeSeconds, (budget.wallSeconds ?? Number.POSITIVE_INFINITY) - wall)
}

/** How many more proposals fit. */
export function proposalsLeft(spec: RunSpec, state: RunState, activeSeconds: number): number {
  const left = spec.budget.timeSeconds - activeSeconds - finalSeconds(spec, state)
  const byTime = Math.max(0, Math.floor(left / (evaluationSeconds(spec, state) * (1 + CONFIRMATION_SHARE))))
  const byCount = spec.budget.trials === null ? byTime : spec.budget.trials - Math.max(0, state.trials.length - 1)
  return Math.max(0, Math.min(byTime, byCount))
}

/** Rejections, failures included, since the last kept change. */
export function sinceKept(state: RunState): number {
  const decided = state.trials.slice(1).filter((trial) => trial.decision !== null)
  const last = decided.findLastIndex((trial) => trial.decision?.verdict === 'kept')
  return decided.length - 1 - last
}

/** Wall seconds of one evaluation: the mean of those that were scored, or what is expected before there is one. */
export function evaluationSeconds(spec: RunSpec, state: RunState): number {
  const seconds = state.trials
    .flatMap((trial) => trial.evaluations)
    .map((evaluation) => evaluation.finished?.outcome)
    .filter((outcome) => outcome?.status === 'scored')
    .map((outcome) => outcome?.seconds ?? 0)
  if (seconds.length === 0) return spec.budget.trainSeconds + OVERHEAD_SECONDS
  return seconds.reduce((total, value) => total + value, 0) / seconds.length
}

/** Wall seconds kept back for the end: a refit of baseline and best where the run ships one, and the sealed test. */
export function finalSeconds(spec: RunSpec, state: RunState): number {
  const refits = spec.refit ? 2 * refitShare(spec.dataset.scheme) * spec.refitTimes : 0
  return refits * evaluationSeconds(spec, state) + 2 * FINAL_OVERHEAD_SECONDS
}

/** Of the log loss less is better. */
function reaches(metric: MetricName, value: number, target: number): boolean {
  return metric === 'log-loss' ? value <= target : value >= target
}

function formatTarget(metric: MetricName, target: number): string {
  return metric === 'log-loss' ? `${target} nats` : `${(100 * target).toFixed(1)} %`
}
