import { bestSoFar, stepsOn, valueAt } from './compare-runs-curve.ts'
import type { BestCurve } from './compare-runs-curve.ts'
import { componentFigures, costFigures, isFinished, proposalFigures, spreadOf, testFigures } from './compare-runs-figures.ts'
import type { ComponentFigures, CostFigures, Measured, ProposalFigures, Spread, TestFigures } from './compare-runs-figures.ts'
import { findMismatches, groupRuns } from './compare-runs-groups.ts'
import type { ComparedRun, Mismatch, RunGroup } from './compare-runs-groups.ts'
import type { MetricName } from './outcome.ts'
import { differenceInterval } from './student.ts'
import type { Interval } from './student.ts'

/** Runs side by side, by groups that differ in their seeds alone. */
export type RunComparison = {
  readonly groups: readonly GroupFigures[]
  /** Null when no search has ended, or the playbook is not among the groups. */
  readonly margins: Margins | null
  readonly mismatches: readonly Mismatch[]
}

export type GroupFigures = RunGroup & {
  readonly finished: number
  readonly test: TestFigures | null
  readonly proposals: ProposalFigures
  /** Of the finished runs, or where there are none of what there is. */
  readonly cost: CostFigures | null
  readonly components: readonly ComponentFigures[]
  readonly curves: readonly SeededCurve[]
}

export type SeededCurve = BestCurve & { readonly run: string; readonly seed: number }

/** The best-so-far of each group at the second at which the first of the searches ended, against the playbook's. */
export type Margins = {
  readonly split: 'val'
  /** Images that each value rests on; several numbers where runs differ. */
  readonly n: readonly number[]
  readonly seconds: number
  readonly reference: string
  readonly groups: readonly Margin[]
}

export type Margin = {
  readonly group: string
  /** Null when no run of the group had scored anything by then. */
  readonly value: Spread | null
  /** Against the reference, positive is better, also for log loss; null for the reference itself. */
  readonly difference: { readonly value: number; readonly interval: Interval | null } | null
}

export function compareRuns(runs: readonly ComparedRun[]): RunComparison {
  const groups = groupRuns(runs).map(figuresOf)
  return { groups, margins: marginsOf(groups), mismatches: findMismatches(runs) }
}

function figuresOf(group: RunGroup): GroupFigures {
  const { runs, spec } = group
  const finished = runs.filter(({ state }) => isFinished(state))
  const states = runs.map(({ state }) => state)
  const curves = runs.flatMap(({ name, spec: { seed }, events }) => {
    const curve = bestSoFar(events, spec.metric)
    return curve === null ? [] : [{ ...curve, run: name, seed }]
  })
  return {
    ...group,
    finished: finished.length,
    test: testFigures(runs),
    proposals: proposalFigures(states),
    cost: costFigures(finished.length > 0 ? finished : runs),
    components: componentFigures(states),
    curves,
  }
}

/** Only searches that have ended are compared, and only on one yardstick. */
function marginsOf(all: readonly GroupFigures[]): Margins | null {
  const groups = all.filter(({ isComparable, curves }) => isComparable && curves.some(({ isOver }) => isOver))
  const reference = groups.find(({ spec }) => spec.team === 'playbook' && spec.strategy === 'iterative')
  if (reference === undefined) return null
  const seconds = Math.min(...groups.flatMap(({ curves }) => curves.filter(({ isOver }) => isOver).map(({ end }) => end.seconds)))
  const theirs = valuesAt(reference, seconds)
  return {
    split: 'val',
    n: [...new Set(groups.flatMap(({ curves }) => curves.map(({ n }) => n)))],
    seconds,
    reference: reference.name,
    groups: groups.map((group): Margin => {
      const values = valuesAt(group, seconds)
      const difference = group === reference ? null : differenceOf(values, theirs, group.spec.metric)
      return { group: group.name, value: spreadOf(values), difference }
    }),
  }
}

function valuesAt({ curves }: GroupFigures, seconds: number): Measured[] {
  return curves
    .filter(({ isOver }) => isOver)
    .flatMap((curve) => {
      const steps = stepsOn(curve, 'seconds')
      const value = steps === null ? null : valueAt(steps, seconds)
      return value === null ? [] : [{ seed: curve.seed, value }]
    })
}

function differenceOf(ours: readonly Measured[], theirs: readonly Measured[], metric: MetricName): Margin['difference'] {
  const [mine, other] = [spreadOf(ours), spreadOf(theirs)]
  if (mine === null || other === null) return null
  const sign = metric === 'log-loss' ? -1 : 1
  const signed = (measured: readonly Measured[]) => measured.map(({ value }) => sign * value)
  const hasSpread = mine.deviation !== null && other.deviation !== null
  const interval = hasSpread ? differenceInterval(signed(ours), signed(theirs)) : null
  return { value: sign * (mine.mean - other.mean), interval }
}
