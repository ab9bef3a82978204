import type { CostFigures, Spread, TestFigures } from '../core/compare-runs-figures.ts'
import type { GroupFigures } from '../core/compare-runs.ts'
import { formatCount, formatPercent, formatSeconds, plural } from '../core/format.ts'
import { formatSignedGain, gainUnit } from '../core/metric-scale.ts'
import type { MetricName } from '../core/outcome.ts'
import { intervalText, mark, metricsText, spreadText, titleLines } from './compare-words.ts'
import { formatMetric } from './metric-text.ts'
import { renderTable } from './render-table.ts'

const SEEDS_ONLY = 'Seeds share the images of the test: intervals over seeds leave their draw out.'

export function testBlock(groups: readonly GroupFigures[]): string[] {
  const rows = groups.map(({ test, spec, finished, ...group }) => {
    if (test === null) return [mark(group), '', finished === 0 ? 'no finished run' : 'no sealed test', '', '']
    const show = (spread: Spread) => spreadText(spread, (value) => formatMetric(spec.metric, value, ''))
    const n = test.n.map(formatCount).join(', ')
    return [mark(group), n, show(test.baseline), show(test.final), gainText(test, spec.metric)]
  })
  return [
    ...titleLines(`sealed test: ${metricsText(groups)}, mean (sd over seeds), gain with its 95 % interval`),
    ...renderTable(['', 'n', 'baseline', 'final', 'gain'], rows, '<>><<'),
    ...(groups.some(({ test }) => test?.gain.over === 'seeds') ? [SEEDS_ONLY] : []),
  ]
}

function gainText({ gain }: TestFigures, metric: MetricName): string {
  const text = formatSignedGain(metric, gain.mean)
  if (gain.interval !== null) {
    const over = gain.over === 'seeds' ? plural(gain.seeds, 'seed') : 'images'
    return `${text} (${intervalText(gain.interval, metric)} over ${over})`
  }
  if (gain.mean === 0) return `${text} (nothing kept)`
  return `${text} (${gain.deviation === null ? '1 seed' : 'seeds are equal'})`
}

export function proposalBlock(groups: readonly GroupFigures[]): string[] {
  const rows = groups.map(({ proposals, ...group }) => {
    const share = (count: number) =>
      proposals.proposals === 0 ? '-' : `${count} (${formatPercent(count / proposals.proposals, 0)})`
    const { kept, rejected, failed, repairs, scored, scoredAtFirst } = proposals
    return [
      mark(group),
      ...[proposals.proposals, kept, rejected, failed].map(String),
      share(scored),
      share(scoredAtFirst),
      String(repairs),
    ]
  })
  return [
    ...titleLines('proposals of all runs; scored (valid), and scored as first written, without repair'),
    ...renderTable(['', 'decided', 'kept', 'rejected', 'failed', 'scored', 'at first', 'repairs'], rows, '<>>>>>>>'),
  ]
}

export function costBlock(groups: readonly GroupFigures[]): string[] {
  const rows = groups.map(({ cost, finished, ...group }) => {
    if (cost === null) return [mark(group)]
    const tokens = [cost.inputTokens, cost.outputTokens].map((count) => (cost.calls === 0 ? '-' : formatCount(count)))
    const cpu = formatCount(cost.trainCpuSeconds)
    return [mark(group), formatSeconds(cost.activeSeconds), cpu, ...tokens, moneyText(cost), finished === 0 ? 'so far' : '']
  })
  return [
    ...titleLines('cost of one run: mean of the finished ones; CPU-seconds of scored trainings and refits'),
    ...renderTable(['', 'active', 'CPU-seconds', 'tokens in', 'tokens out', 'money', ''], rows, '<>>>>><'),
  ]
}

function moneyText({ calls, usd, unpriced, replayed }: CostFigures): string {
  if (calls === 0) return 'no calls'
  if (replayed > 0) return 'replayed'
  return unpriced > 0 ? 'tokens only' : `${usd.toFixed(usd < 0.1 ? 3 : 2)} USD`
}

export function componentBlock(groups: readonly GroupFigures[]): string[] {
  const rows = groups.flatMap(({ components, spec, ...group }) =>
    components.map(({ component, chosen, scored, kept, earnedPerRun }) => {
      const earned = kept === 0 ? '-' : `${formatSignedGain(spec.metric, earnedPerRun)} ${gainUnit(spec.metric)}`
      return [mark(group), component, ...[chosen, scored, kept].map(String), earned]
    }),
  )
  const images = groups.flatMap(({ components }) => components.flatMap((component) => component.images))
  const n = [...new Set([Math.min(...images), Math.max(...images)])].map(formatCount).join(' to ')
  return rows.length === 0
    ? []
    : [
        ...titleLines(
          `components: what was chosen, and what kept changes earned a run, on val${images.length === 0 ? '' : ` (n = ${n})`} where they were chosen`,
        ),
        ...renderTable(['', 'component', 'chosen', 'scored', 'kept', 'earned'], rows, '<<>>>>'),
      ]
}
