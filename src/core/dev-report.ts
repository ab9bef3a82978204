import { PROBES } from './evaluation.ts'
import type { CurvePoint, DevReport, Probe } from './evaluation.ts'

/** Cells kept of the confusions of several trainings together, as many as `score` keeps of val. */
const MAX_CONFUSIONS = 20
/** Fractions that differ by less are the same place of a training. */
const FRACTION_DIGITS = 4

/** What several trainings say of the dev images of their folds, as one report; null when none of them has any. */
export function poolDevReports(reports: readonly (DevReport | null)[]): DevReport | null {
  const known = reports.filter((report) => report !== null)
  const n = sum(known.map((report) => report.n))
  if (n === 0) return null
  const classCount = Math.max(...known.map((report) => report.perClass.length))
  return {
    n,
    right: sum(known.map((report) => report.right)),
    loss: weightedMean(known.map((report) => [report.loss, report.n])),
    perClass: Array.from({ length: classCount }, (_, index) => ({
      count: sum(known.map((report) => report.perClass[index]?.count ?? 0)),
      right: sum(known.map((report) => report.perClass[index]?.right ?? 0)),
    })),
    confusions: poolConfusions(known),
    probes: poolProbes(known),
  }
}

/** The mean of the curves of several trainings, place by place; a value that a training lacks is left out of its mean. */
export function meanCurve(curves: readonly (readonly CurvePoint[])[]): readonly CurvePoint[] {
  const places = groupBy(curves.flat(), (point) => point.fraction.toFixed(FRACTION_DIGITS))
  return places.map(meanPoint).toSorted((a, b) => a.fraction - b.fraction)
}

function poolConfusions(reports: readonly DevReport[]): DevReport['confusions'] {
  const all = reports.flatMap((report) => report.confusions)
  return groupBy(all, ([truth, predicted]) => `${truth} ${predicted}`)
    .map((same) => [same[0]?.[0] ?? 0, same[0]?.[1] ?? 0, sum(same.map(([, , count]) => count))] as const)
    .toSorted((a, b) => b[2] - a[2] || a[0] - b[0] || a[1] - b[1])
    .slice(0, MAX_CONFUSIONS)
}

/** Over the trainings that had the time for probes; null when none had. */
function poolProbes(reports: readonly DevReport[]): DevReport['probes'] {
  const known = reports.map((report) => report.probes).filter((probes) => probes !== null)
  if (known.length === 0) return null
  const pooled = PROBES.map((name) => [name, poolProbe(known.map((probes) => probes[name]))] as const)
  return Object.fromEntries(pooled) as NonNullable<DevReport['probes']>
}

/** The confidence is weighted by the pictures that are told another class, of which those that became wrong are most. */
function poolProbe(probes: readonly Probe[]): Probe {
  return {
    n: sum(probes.map((probe) => probe.n)),
    right: sum(probes.map((probe) => probe.right)),
    same: sum(probes.map((probe) => probe.same)),
    confidence: weightedMean(probes.map((probe) => [probe.confidence, probe.n - probe.same])),
  }
}

function meanPoint(points: readonly CurvePoint[]): CurvePoint {
  const of = (key: keyof CurvePoint) => meanOfKnown(points.map((point) => point[key]))
  return {
    fraction: of('fraction') ?? 0,
    runningLoss: of('runningLoss'),
    trainAccuracy: of('trainAccuracy'),
    devAccuracy: of('devAccuracy'),
    trainLoss: of('trainLoss'),
    devLoss: of('devLoss'),
  }
}

function meanOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : sum(known) / known.length
}

/** 0 when there is no weight at all. */
function weightedMean(pairs: readonly (readonly [value: number, weight: number])[]): number {
  const weight = sum(pairs.map((pair) => pair[1]))
  return weight === 0 ? 0 : sum(pairs.map((pair) => pair[0] * pair[1])) / weight
}

/** Items with the same key together, in the order in which the keys come up. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return [...groups.values()]
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
