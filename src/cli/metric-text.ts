import { formatCount } from '../core/format.ts'
import type { MetricName } from '../core/outcome.ts'
import type { ScoredSummary } from '../core/run-facts.ts'

/** A value of a metric: shares in percent, log loss in nats. */
export function formatMetric(metric: MetricName, value: number, unit = metric === 'log-loss' ? '' : ' %'): string {
  return `${metric === 'log-loss' ? value.toFixed(3) : (value * 100).toFixed(1)}${unit}`
}

/** "val accuracy 88.1 % (95 % 86.1..90.1), n = 1,050": never without split and n. */
export function scoreText(metric: MetricName, { split, chosen, n }: ScoredSummary): string {
  const [low, high] = [chosen.low, chosen.high].map((value) => formatMetric(metric, value, ''))
  return `${split} ${metric} ${formatMetric(metric, chosen.value)} (95 % ${low}..${high}), n = ${formatCount(n)}`
}
