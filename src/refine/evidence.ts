import { poolDevReports, meanCurve } from '../core/dev-report.ts'
import type { Scored } from '../core/outcome.ts'
import { Z_95 } from '../core/normal.ts'
import { firstScore } from '../core/run-facts.ts'
import type { RunState, TrialState } from '../core/run-state.ts'
import { mean } from '../core/statistics.ts'
import type { BestSoFar, Evidence, PastTrial } from '../core/team.ts'
import { proposalsLeft, sinceKept } from './budget.ts'
import { measure } from './measure.ts'
import type { Trial } from '../core/trial.ts'
import type { Run } from './run.ts'

/** What the Analyst gets to read: the best pipeline in figures, and what every past proposal came to. */
export async function evidenceOf(run: Run, best: Trial, signal: AbortSignal): Promise<Evidence> {
  const state = run.journal.state()
  const { outcome } = await measure(run, best, 0, signal)
  if (outcome.status === 'failed') throw new Error(`the best trial ${best.number} was not scored`)
  return {
    brief: run.brief,
    best: describeBest(best, outcome),
    past: state.trials.slice(1).flatMap((trial) => describePast(trial, state)),
    trialsLeft: proposalsLeft(run.spec, state, run.journal.activeSeconds()),
    sinceKept: sinceKept(state),
    allowed: run.spec.components,
    hints: state.hints,
  }
}

function describeBest(best: Trial, { metrics, trainings, steps }: Scored): BestSoFar {
  const { value, low, high } = metrics.chosen
  return {
    trial: best.number,
    pipeline: best.pipeline,
    memos: best.memos,
    valScore: roundToHalf(value, (high - low) / (2 * Z_95)),
    curve: meanCurve(trainings.map((training) => training.curve)),
    dev: poolDevReports(trainings.map((training) => training.dev)),
    imagesPerSecond: mean(trainings.map((training) => training.imagesPerSecond)),
    steps,
    batchSize: trainings[0]?.batchSize ?? 1,
    parameterCount: trainings[0]?.parameterCount ?? 0,
    trainSeconds: mean(trainings.map((training) => training.trainSeconds)),
  }
}

function describePast(trial: TrialState, state: RunState): PastTrial[] {
  if (trial.decision === null) return []
  const [change] = trial.changes
  return [
    {
      trial: trial.number,
      base: trial.base ?? 0,
      components: trial.changes.map(({ component }) => component),
      title: trial.changes.map(({ title }) => title).join('; '),
      kind: change?.kind ?? '',
      fingerprint: trial.changes.map(({ fingerprint }) => fingerprint).join(' '),
      bottleneck: trial.diagnosis?.bottleneck ?? null,
      predictedGain: trial.diagnosis?.predictedGain ?? 0,
      result: resultOf(trial, state),
    },
  ]
}

function resultOf(trial: TrialState, state: RunState): PastTrial['result'] {
  const comparison = trial.decision?.comparison ?? null
  if (trial.decision === null || comparison === null) {
    const outcome = trial.evaluations.find((evaluation) => evaluation.repeat === 0)?.finished?.outcome
    if (outcome?.status !== 'failed') return { status: 'failed', message: trial.decision?.reason ?? '' }
    return { status: 'failed', message: [outcome.message, ...outcome.evidence].join('\n') }
  }
  const { delta, low, high, standardError } = comparison
  return {
    status: 'scored',
    decision: trial.decision.verdict,
    delta: roundToHalf(delta, standardError),
    low: roundToHalf(low, standardError),
    high: roundToHalf(high, standardError),
    costRatio: costRatioOf(trial, state) ?? 1,
  }
}

/** Seconds an image in training against the trial that was changed; null where one of the two was not scored. */
export function costRatioOf(trial: TrialState, state: RunState): number | null {
  const [mine, theirs] = [secondsAnImage(trial), secondsAnImage(state.trials[trial.base ?? 0])]
  return mine === null || theirs === null ? null : mine / theirs
}

function secondsAnImage(trial: TrialState | undefined): number | null {
  const score = firstScore(trial)
  return score === null ? null : (score.cpuSecondsPerImage ?? 1 / score.imagesPerSecond)
}

/** Figures of val are told to half a standard error, so that asking again and again does not leak its labels. */
function roundToHalf(value: number, standardError: number): number {
  const step = standardError / 2
  return step > 0 ? Math.round(value / step) * step : value
}
