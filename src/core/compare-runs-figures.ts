import { groupBy } from './group-by.ts'
import { COMPONENTS } from './pipeline.ts'
import { countProposals, firstScore } from './run-facts.ts'
import type { ProposalCounts } from './run-facts.ts'
import type { RunState, TrialState } from './run-state.ts'
import { sumSpending } from './spending.ts'
import { mean, sampleDeviation } from './statistics.ts'
import { meanInterval } from './student.ts'
import type { Interval } from './student.ts'
import type { ComparedRun } from './compare-runs-groups.ts'

/** Mean over runs; the standard deviation needs two seeds at least, else it is null. */
export type Spread = { readonly mean: number; readonly deviation: number | null; readonly runs: number; readonly seeds: number }

export type Measured = { readonly seed: number; readonly value: number }

/** Null for no runs. */
export function spreadOf(measured: readonly Measured[]): Spread | null {
  if (measured.length === 0) return null
  const values = measured.map(({ value }) => value)
  const seeds = new Set(measured.map(({ seed }) => seed)).size
  return { mean: mean(values), deviation: seeds < 2 ? null : sampleDeviation(values), runs: values.length, seeds }
}

export type TestFigures = {
  readonly split: 'test'
  /** Images of the sealed test; several numbers where runs differ. */
  readonly n: readonly number[]
  readonly baseline: Spread
  readonly final: Spread
  /** Positive is better, also for log loss. `over` says what the interval covers: other seeds, or other images of one run. */
  readonly gain: Spread & { readonly interval: Interval | null; readonly over: 'seeds' | 'images' | null }
}

/** The sealed test of the finished runs; null where none opened one. */
export function testFigures(runs: readonly ComparedRun[]): TestFigures | null {
  const tested = runs.flatMap(({ spec, state }) => {
    const test = isFinished(state) ? testOf(state) : null
    return test === null ? [] : [{ seed: spec.seed, ...test }]
  })
  const spread = (of: (test: (typeof tested)[number]) => number) =>
    spreadOf(tested.map((test) => ({ seed: test.seed, value: of(test) })))
  const [baseline, final, gain] = [spread((test) => test.baseline), spread((test) => test.final), spread((test) => test.gain)]
  if (baseline === null || final === null || gain === null) return null
  const n = [...new Set(tested.map((test) => test.n))]
  if (gain.deviation !== null) {
    const interval = meanInterval(tested.map((test) => test.gain))
    return { split: 'test', n, baseline, final, gain: { ...gain, interval, over: interval === null ? null : 'seeds' } }
  }
  const interval = tested.length === 1 ? (tested[0]?.interval ?? null) : null
  return { split: 'test', n, baseline, final, gain: { ...gain, interval, over: interval === null ? null : 'images' } }
}

export function isFinished({ status }: RunState): boolean {
  return status === 'finished'
}

type RunTest = {
  readonly n: number
  readonly baseline: number
  readonly final: number
  readonly gain: number
  readonly interval: Interval | null
}

function testOf({ test, best }: RunState): RunTest | null {
  const scoreOf = (trial: number | null) => {
    const outcome = test?.scored.find((scored) => scored.trial === trial)?.outcome
    return outcome?.status === 'scored' ? outcome : null
  }
  const [baseline, final] = [scoreOf(0), scoreOf(best)]
  if (baseline === null || final === null) return null
  const scores = { n: final.n, baseline: baseline.chosen.value, final: final.chosen.value }
  // Where nothing was kept, baseline and final are one model.
  if (best === 0) return { ...scores, gain: 0, interval: null }
  const comparison = test?.compared?.comparison
  return comparison === undefined ? null : { ...scores, gain: comparison.delta, interval: comparison }
}

export type ProposalFigures = ProposalCounts & {
  /** Decided ones. */
  readonly proposals: number
  readonly scored: number
  /** Scored as they were first written. */
  readonly scoredAtFirst: number
  /** Mended pipelines, those of the baseline too. */
  readonly repairs: number
}

/** What became of the proposals of several runs together. */
export function proposalFigures(states: readonly RunState[]): ProposalFigures {
  const counts = states.map(countProposals)
  const total = (of: (count: ProposalCounts) => number) => counts.reduce((sum, count) => sum + of(count), 0)
  const trials = states.flatMap((state) => state.trials)
  const decided = trials.filter(({ number, decision }) => number > 0 && decision !== null)
  const scored = decided.filter((trial) => firstScore(trial) !== null)
  return {
    proposals: decided.length,
    kept: total(({ kept }) => kept),
    rejected: total(({ rejected }) => rejected),
    failed: total(({ failed }) => failed),
    open: total(({ open }) => open),
    scored: scored.length,
    scoredAtFirst: scored.filter(({ failures }) => failures.length === 0).length,
    repairs: trials.reduce((sum, { failures }) => sum + failures.length, 0),
  }
}

export type CostFigures = {
  readonly activeSeconds: number
  /** Of all scored trainings and refits; what failed trainings took is not recorded. */
  readonly trainCpuSeconds: number
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly usd: number
  /** Calls whose price is not known. */
  readonly unpriced: number
  /** Calls answered from a recording, which cost nothing here. */
  readonly replayed: number
}

/** What a run cost, the mean of several; null for none. */
export function costFigures(runs: readonly ComparedRun[]): CostFigures | null {
  if (runs.length === 0) return null
  const costs = runs.map(costOf)
  const average = (of: (cost: CostFigures) => number) => mean(costs.map(of))
  return {
    activeSeconds: average((cost) => cost.activeSeconds),
    trainCpuSeconds: average((cost) => cost.trainCpuSeconds),
    calls: average((cost) => cost.calls),
    inputTokens: average((cost) => cost.inputTokens),
    outputTokens: average((cost) => cost.outputTokens),
    usd: average((cost) => cost.usd),
    unpriced: average((cost) => cost.unpriced),
    replayed: average((cost) => cost.replayed),
  }
}

function costOf({ state, events }: ComparedRun): CostFigures {
  const trainCpuSeconds = events.reduce((sum, event) => {
    if (event.type === 'refit.finished') return sum + event.cpuSeconds
    return event.type === 'evaluation.finished' && event.outcome.status === 'scored' ? sum + event.outcome.cpuSeconds : sum
  }, 0)
  const replayed = state.calls.filter(({ isReplayed }) => isReplayed).length
  return { ...sumSpending(state.calls), activeSeconds: state.activeSeconds, trainCpuSeconds, replayed }
}

export type ComponentFigures = {
  /** "data", or "data + model" where a proposal changed several. */
  readonly component: string
  readonly chosen: number
  readonly scored: number
  readonly kept: number
  /** Gains of the kept changes on val, as measured when they were kept, summed up and divided by the number of runs. */
  readonly earnedPerRun: number
  /** Images of val that the gains rest on, of each kept change. */
  readonly images: readonly number[]
}

/** How often each component was chosen, and what changing it earned; most chosen first. */
export function componentFigures(states: readonly RunState[]): ComponentFigures[] {
  const decided = states.flatMap(({ trials }) => trials.filter(({ number, decision }) => number > 0 && decision !== null))
  const groups = [...groupBy(decided, chosenComponents)]
  return groups
    .map(([component, trials]) => {
      const kept = trials.filter(({ decision }) => decision?.verdict === 'kept')
      const earned = kept.reduce((sum, { decision }) => sum + (decision?.comparison?.delta ?? 0), 0)
      const scored = trials.filter((trial) => firstScore(trial) !== null).length
      const images = kept.flatMap(({ decision }) => decision?.comparison?.images ?? [])
      return { component, chosen: trials.length, scored, kept: kept.length, earnedPerRun: earned / states.length, images }
    })
    .toSorted((a, b) => b.chosen - a.chosen || a.component.localeCompare(b.component))
}

/** A proposal that never became a pipeline counts for the component that was diagnosed. */
function chosenComponents({ changes, diagnosis }: TrialState): string {
  const changed = COMPONENTS.filter((name) => changes.some(({ component }) => component === name))
  return changed.join(' + ') || (diagnosis?.component ?? 'none')
}
