import { METRIC_SCALES } from '../../core/metric-scale.ts'
import { Z_95 } from '../../core/normal.ts'
import type { MetricName } from '../../core/outcome.ts'
import type { Component } from '../../core/pipeline.ts'
import type { PastTrial } from '../../core/team.ts'
import { combine, generalise } from './belief.ts'
import type { Belief } from './belief.ts'

/** What is asked of past trials: what a move of this component and kind would bring. */
export type Question = { readonly component: Component; readonly kind: string; readonly title: string }

/** How far the true gains of moves lie apart, in points: the same move on a changed pipeline, moves of one kind, of one component. */
const SPREAD = { move: 0.25, kind: 0.35, component: 1 } as const
/** A failed trial says that moves like it are hard to carry out here; it counts as a loss of so many points, not surely. */
const FAILURE: Belief = { mean: -1, deviation: 1 }
/** A collapse is about that one change: of its relatives it says no more than that they lose, or win, so many points. */
const MOST_POINTS = 2
/** A normal 95 % interval is so many standard errors wide. */
const INTERVAL_WIDTH = 2 * Z_95
/** No measurement of a gain is more certain than this, in points: two seeds of one pipeline already differ by more. */
const LEAST_ERROR = 0.15

export function pointsOf(metric: MetricName, delta: number): number {
  return delta / METRIC_SCALES[metric].point
}

export function metricOf(metric: MetricName, points: number): number {
  return points * METRIC_SCALES[metric].point
}

/**
 * What is to be expected of a move after the past trials: the prior and the measured gains of its relatives, each weighed by how certain
 * it is and how near a relative (precision-weighted mean). A prior fades as this run's own measurements come in.
 */
export function learn(question: Question, prior: Belief, past: readonly PastTrial[], metric: MetricName): Belief {
  const looks = past.filter((trial) => trial.components.length === 1 && trial.components[0] === question.component)
  const same = looks.filter((trial) => trial.title === question.title)
  const kin = looks.filter((trial) => trial.kind === question.kind && trial.title !== question.title)
  const others = looks.filter((trial) => trial.kind !== question.kind && trial.title !== question.title)
  const beliefs = [
    prior,
    ...gainsOf(same, SPREAD.move, metric),
    ...gainsOf(kin, SPREAD.kind, metric),
    ...gainsOf(others, SPREAD.component, metric),
  ]
  return combine(beliefs)
}

function gainsOf(trials: readonly PastTrial[], spread: number, metric: MetricName): Belief[] {
  return trials.length === 0
    ? []
    : [
        generalise(
          trials.map((trial) => measured(trial, metric)),
          spread,
        ),
      ]
}

function measured({ result }: PastTrial, metric: MetricName): Belief {
  if (result.status === 'failed') return FAILURE
  const error = Math.abs(pointsOf(metric, result.high - result.low)) / INTERVAL_WIDTH
  const points = pointsOf(metric, result.delta)
  return { mean: Math.max(-MOST_POINTS, Math.min(MOST_POINTS, points)), deviation: Math.max(LEAST_ERROR, error) }
}
