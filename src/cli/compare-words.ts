import type { Spread } from '../core/compare-runs-figures.ts'
import type { GroupFigures } from '../core/compare-runs.ts'
import { wrap } from '../core/format.ts'
import { formatSignedGain } from '../core/metric-scale.ts'
import type { Interval } from '../core/student.ts'
import type { MetricName } from '../core/outcome.ts'

/** Words that the tables of a comparison share. */

/** How a group is called in the tables: one that is not comparable with the first is marked. */
export function mark({ name, isComparable }: Pick<GroupFigures, 'name' | 'isComparable'>): string {
  return isComparable ? name : `${name}!`
}

/** "accuracy in %"; several where runs with different metrics were forced beside each other. */
export function metricsText(groups: readonly GroupFigures[]): string {
  const metrics = [...new Set(groups.map(({ spec }) => spec.metric))]
  return metrics.map((metric) => (metric === 'log-loss' ? 'log-loss in nats' : `${metric} in %`)).join(' or ')
}

/** "87.0 (0.5)" with the standard deviation, "87.0 (1 seed)". */
export function spreadText(
  { mean: value, deviation }: Pick<Spread, 'mean' | 'deviation'>,
  format: (value: number) => string,
): string {
  return `${format(value)} (${deviation === null ? '1 seed' : format(deviation)})`
}

export function intervalText({ low, high }: Interval, metric: MetricName): string {
  return `${formatSignedGain(metric, low)}..${formatSignedGain(metric, high)}`
}

const WIDTH = 80

export function titleLines(title: string): string[] {
  return wrap(title, WIDTH).split('\n')
}
