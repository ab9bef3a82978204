import type { Decision } from './decision.ts'
import { plural } from './format.ts'
import { formatSignedGain, gainUnit } from './metric-scale.ts'
import type { MetricName } from './outcome.ts'
import type { TrialState } from './run-state.ts'

/** What a trial teaches, in one line: component, kind, change, delta with interval, cost. Stays in the journal and is read by the team. */
export function lessonOf(
  { number, changes }: TrialState,
  decision: Decision,
  costRatio: number | null,
  metric: MetricName,
): string {
  const what = changes.map(({ component, kind, title }) => `${component} (${kind}): ${title}`).join('; ')
  const { comparison } = decision
  if (comparison === null) return `trial ${number}, ${what}: ${decision.reason}`
  const [delta, low, high] = [comparison.delta, comparison.low, comparison.high].map((value) => formatSignedGain(metric, value))
  const cost = costRatio === null ? '' : `, ${costRatio.toFixed(2)} times the seconds an image`
  return `trial ${number}, ${what}: ${decision.verdict}, ${delta} ${gainUnit(metric)} (95 % ${low}..${high}, ${plural(comparison.images, 'image')} of val)${cost}`
}
