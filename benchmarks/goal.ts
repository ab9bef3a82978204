import { median } from '../src/core/statistics.ts'

/** Fewer repeats than this say too little about the spread. */
export const MIN_REPEATS = 5

/** One promise about performance: a ratio, a share of a whole, or seconds, measured several times in one run. */
export type Goal = {
  readonly name: string
  /** What ours is compared with, in a few words. */
  readonly rival: string
  /** `x`: times the rival. `share`: part of a whole, 0..1. `s`: wall seconds. */
  readonly unit: 'x' | 'share' | 's'
  readonly bound: 'at least' | 'at most'
  readonly threshold: number
  /** What is held against the threshold: the middle one of the repeats, their mean, or the one least in our favour. */
  readonly judgedBy: 'median' | 'mean' | 'worst'
  readonly repeats: readonly number[]
}

export type JudgedGoal = Goal & {
  readonly measured: number
  readonly low: number
  readonly high: number
  readonly isMet: boolean
}

/** Throws when there are too few repeats or one is not a positive finite number: then nothing was measured. */
export function judge(goal: Goal): JudgedGoal {
  const { name, repeats, bound, threshold } = goal
  if (repeats.length < MIN_REPEATS) throw new Error(`${name}: ${repeats.length} repeats, at least ${MIN_REPEATS} are needed`)
  if (!repeats.every((value) => Number.isFinite(value) && value > 0))
    throw new Error(`${name}: ${repeats.join(', ')} is no measurement`)
  const low = Math.min(...repeats)
  const high = Math.max(...repeats)
  const worst = bound === 'at least' ? low : high
  const mean = repeats.reduce((total, value) => total + value, 0) / repeats.length
  const measured = { median: median(repeats), mean, worst }[goal.judgedBy]
  return { ...goal, measured, low, high, isMet: bound === 'at least' ? measured >= threshold : measured <= threshold }
}

/** "loading: 35.2x, at least 20x: pass (rival …; median of 5, 31.0x to 38.2x)" */
export function goalLine(goal: JudgedGoal): string {
  const { name, rival, measured, bound, threshold, isMet, judgedBy, repeats, low, high, unit } = goal
  const show = (value: number) => formatMeasured(value, unit)
  const spread = `${judgedBy} of ${repeats.length}, ${show(low)} to ${show(high)}`
  return `${name}: ${show(measured)}, ${bound} ${show(threshold)}: ${isMet ? 'pass' : 'short'} (rival: ${rival}; ${spread})`
}

/** Three digits, so that rounding never hides on which side of a threshold a value lies by more than a percent. */
export function formatMeasured(value: number, unit: Goal['unit']): string {
  if (unit === 'share') return `${Number((100 * value).toPrecision(3))} %`
  return `${Number(value.toPrecision(3))}${unit === 'x' ? 'x' : ' s'}`
}
