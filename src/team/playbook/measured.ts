import measurements from './measured.json' with { type: 'json' }
import { generalise } from './belief.ts'
import type { Belief } from './belief.ts'

/** A move tried alone on the first pipeline of an image set, at equal compute. */
export type Measurement = {
  readonly set: string
  /** Change of the accuracy in points, and its standard error over images and seeds. */
  readonly points: number
  readonly error: number
  /** Share of wrong images before the change, 0..1. */
  readonly wrong: number
  /** Passes over the images in the training before the change. */
  readonly passes: number
}

/** One image set of `measured.json`, which benchmarks/playbook/measure.ts makes. */
type MeasuredSet = {
  readonly set: string
  readonly wrong: number
  readonly passes: number
  readonly moves: readonly { readonly id: string; readonly points: number; readonly error: number }[]
}

const SETS: readonly MeasuredSet[] = measurements

/** How far apart the gains of one move lie between image sets, in points where 10 % of the images are wrong. */
const SPREAD_OF_SETS = 0.6
/** How far the gain of a move drifts when trainings get twice as long, in the same points. */
const SPREAD_A_DOUBLING = 0.4
const LEAST_PASSES = 0.5
/** A collapse on one set says of another no more than that the move loses, or wins, so many points there. */
const MOST_POINTS = 2
/** Gains are compared as if so many of the images were wrong. */
export const USUAL_ERROR = 0.1

export function measuredSets(): string[] {
  return SETS.map(({ set }) => set)
}

/** By the id of the move; without what was measured on `leaveOut`, for an honest comparison on that set. */
export function readMeasurements(leaveOut: string | null): ReadonlyMap<string, readonly Measurement[]> {
  const byMove = new Map<string, Measurement[]>()
  for (const { set, wrong, passes, moves } of SETS.filter((each) => each.set !== leaveOut))
    for (const { id, points, error } of moves) byMove.set(id, [...(byMove.get(id) ?? []), { set, points, error, wrong, passes }])
  return byMove
}

/**
 * What the measurements of a move let expect on another image set in a training of `passes` passes, in points where 10 % are wrong; null
 * when there are none. Trainings of other lengths say less: what a short one gains by seeing easier pictures a long one loses.
 */
export function beliefOf(measured: readonly Measurement[], passes: number): Belief | null {
  if (measured.length === 0) return null
  const scaled = measured.map(({ points, error, wrong, passes: then }): Belief => {
    const scale = USUAL_ERROR / wrong
    const apart = SPREAD_A_DOUBLING * Math.log2(Math.max(passes, LEAST_PASSES) / Math.max(then, LEAST_PASSES))
    return { mean: Math.max(-MOST_POINTS, Math.min(MOST_POINTS, points * scale)), deviation: Math.hypot(error * scale, apart) }
  })
  return generalise(scaled, SPREAD_OF_SETS)
}
