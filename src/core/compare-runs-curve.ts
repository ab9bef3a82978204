import type { MetricName } from './outcome.ts'
import type { StampedEvent } from './run-events.ts'
import { mean, sampleDeviation } from './statistics.ts'

/** What a best-so-far curve can be drawn over. */
export const AXES = ['trials', 'seconds', 'usd'] as const
export type Axis = (typeof AXES)[number]

/** Where a run stood: proposals decided, seconds of work, dollars paid to a provider; dollars are null where a price is not known. */
export type Place = { readonly trials: number; readonly seconds: number; readonly usd: number | null }

export type BestCurve = {
  readonly split: 'val'
  /** Images of val that each value rests on. */
  readonly n: number
  readonly points: readonly (Place & { readonly value: number })[]
  /** Where the search ended, or how far it has come. */
  readonly end: Place
  /** Whether the search has ended, so that its best stays what it is. */
  readonly isOver: boolean
}

/**
 * The best score on val after each decision: of the baseline and the kept changes the one that scored best in its first evaluation, which
 * all trials of a run make on the same images. A change that was kept as simpler with a lower score does not lower the curve.
 * Null while nothing was scored.
 */
export function bestSoFar(events: readonly StampedEvent[], metric: MetricName): BestCurve | null {
  const points: (Place & { value: number })[] = []
  const scores = new Map<number, number>()
  const better = metric === 'log-loss' ? Math.min : Math.max
  let n = 0
  let end: Place = { trials: 0, seconds: 0, usd: 0 }
  for (const event of events) {
    end = { ...end, seconds: event.activeSeconds, usd: addCost(end.usd, event) }
    if (event.type === 'search.ended') return points.length === 0 ? null : { split: 'val', n, points, end, isOver: true }
    if (event.type === 'evaluation.finished' && event.record.repeat === 0 && event.outcome.status === 'scored') {
      scores.set(event.record.trial, event.outcome.chosen.value)
      n = event.outcome.n
      if (points.length === 0) points.push({ ...end, value: event.outcome.chosen.value })
    }
    const last = points.at(-1)
    if (event.type !== 'trial.decided' || last === undefined) continue
    end = { ...end, trials: event.trial }
    const score = event.decision.verdict === 'kept' ? scores.get(event.trial) : undefined
    points.push({ ...end, value: score === undefined ? last.value : better(last.value, score) })
  }
  return points.length === 0 ? null : { split: 'val', n, points, end, isOver: false }
}

/** An answer that is repeated from another run was paid for there, so that what this one would cost is not known. */
function addCost(usd: number | null, event: StampedEvent): number | null {
  if (event.type !== 'llm.answered') return usd
  return usd === null || event.cost.usd === null || event.cost.isReplayed ? null : usd + event.cost.usd
}

/** A curve over one axis: each value holds from its x to the next. */
export type Steps = {
  readonly xs: readonly number[]
  readonly values: readonly number[]
  readonly end: number
  readonly isOver: boolean
}

/** Null where the axis is not known of the run. */
export function stepsOn({ points, end, isOver }: BestCurve, axis: Axis): Steps | null {
  const last = end[axis]
  const xs = points.map((point) => point[axis]).filter((x) => x !== null)
  if (last === null || xs.length < points.length) return null
  return { xs, values: points.map(({ value }) => value), end: last, isOver }
}

/** The value that holds at `x`; null before the first one, and after the end of a search that goes on. */
export function valueAt({ xs, values, end, isOver }: Steps, x: number): number | null {
  if (x > end && !isOver) return null
  const index = xs.findLastIndex((from) => from <= x)
  return values[index] ?? null
}

export type MeanPoint = { readonly x: number; readonly mean: number; readonly deviation: number | null }

/**
 * Mean and standard deviation of several curves wherever one of them steps, from where all have begun. A search that has ended keeps its
 * best; one that goes on ends the mean where it stands.
 */
export function meanSteps(curves: readonly Steps[]): MeanPoint[] {
  const { from, to } = extentOf(curves)
  const steps = curves.flatMap(({ xs }) => xs).filter((x) => x >= from && x <= to)
  const grid = from <= to ? [...new Set([from, ...steps, to])].toSorted((a, b) => a - b) : []
  return grid.map((x) => {
    const values = curves.map((curve) => valueAt(curve, x)).filter((value) => value !== null)
    return { x, mean: mean(values), deviation: values.length < 2 ? null : sampleDeviation(values) }
  })
}

function extentOf(curves: readonly Steps[]): { readonly from: number; readonly to: number } {
  const open = curves.filter(({ isOver }) => !isOver).map(({ end }) => end)
  const to = open.length > 0 ? Math.min(...open) : Math.max(...curves.map(({ end }) => end))
  return { from: Math.max(...curves.map(({ xs }) => xs[0] ?? Infinity)), to }
}
