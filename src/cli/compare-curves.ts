import { meanSteps, stepsOn, valueAt } from '../core/compare-runs-curve.ts'
import type { Axis } from '../core/compare-runs-curve.ts'
import type { GroupFigures, Margins } from '../core/compare-runs.ts'
import { formatCount, formatSeconds, row } from '../core/format.ts'
import { formatSignedGain, gainUnit } from '../core/metric-scale.ts'
import { mean } from '../core/statistics.ts'
import { intervalText, mark, metricsText, spreadText, titleLines } from './compare-words.ts'
import { formatMetric } from './metric-text.ts'
import { renderTable } from './render-table.ts'

/** Images of val that a best-so-far rests on. */
export function valCounts(groups: readonly GroupFigures[]): string {
  const counts = new Set(groups.flatMap(({ curves }) => curves.map(({ n }) => n)))
  return [...counts].map(formatCount).join(' or ') || 'none scored'
}

const AXIS_NAMES: Readonly<Record<Axis, string>> = { trials: 'proposals', seconds: 'active time', usd: 'dollars' }
const SHARES = [0, 0.25, 0.5, 0.75, 1]

/** The curves at five places; the whole of them is for `--html`. */
export function curveBlock(groups: readonly GroupFigures[], axis: Axis): string[] {
  const shown = groups.filter(({ curves }) => curves.length > 0 && curves.every((curve) => stepsOn(curve, axis) !== null))
  const extent = Math.max(0, ...shown.flatMap(({ curves }) => curves.map(({ end }) => end[axis] ?? 0)))
  if (extent === 0) return []
  const places = [...new Set(SHARES.map((share) => (axis === 'trials' ? Math.round(share * extent) : share * extent)))]
  const rows = shown.map((group) => [mark(group), ...places.map((place) => meanAt(group, axis, place))])
  const head = places.map((place) => formatPlace(axis, place))
  const title = `best so far on val by ${AXIS_NAMES[axis]}: ${metricsText(shown)}, n = ${valCounts(shown)}, mean (sd over seeds)`
  return [...titleLines(title), ...renderTable(['', ...head], rows, '<>>>>>')]
}

function formatPlace(axis: Axis, place: number): string {
  if (axis === 'seconds') return formatSeconds(place)
  return axis === 'trials' ? formatCount(place) : `${place.toFixed(place < 1 ? 3 : 2)} USD`
}

/** "-" where not all runs of the group have a value: a mean over some of them would jump when the others join. */
function meanAt({ curves, spec }: GroupFigures, axis: Axis, place: number): string {
  const steps = curves.map((curve) => stepsOn(curve, axis)).filter((curve) => curve !== null)
  const values = steps.map((curve) => valueAt(curve, place)).filter((value) => value !== null)
  if (values.length < curves.length) return '-'
  const hasSeeds = new Set(curves.map(({ seed }) => seed)).size > 1
  const deviation = hasSeeds ? (meanSteps(steps).findLast(({ x }) => x <= place)?.deviation ?? null) : null
  const text = formatMetric(spec.metric, mean(values), '')
  return deviation === null ? text : `${text} (${formatMetric(spec.metric, deviation, '')})`
}

const NO_REFERENCE =
  'no search of the playbook with strategy iterative has ended among these runs, so that a margin over it cannot be told; add one: improve run <dataset> without --llm'

export function marginBlock(margins: Margins | null, groups: readonly GroupFigures[]): string[] {
  if (margins === null) return [row('margin', NO_REFERENCE)]
  const byName = new Map(groups.map((group) => [group.name, group]))
  const rows = margins.groups.flatMap(({ group, value, difference }) => {
    const metric = byName.get(group)?.spec.metric ?? 'accuracy'
    const best = value === null ? 'not scored by then' : spreadText(value, (each) => formatMetric(metric, each, ''))
    if (difference === null) return [[group, best, group === margins.reference ? 'the playbook' : '-']]
    const { interval } = difference
    const range =
      interval === null ? 'no interval: it takes 2 seeds on each side' : `95 % ${intervalText(interval, metric)} over seeds`
    return [[group, best, `${formatSignedGain(metric, difference.value)} ${gainUnit(metric)} (${range})`]]
  })
  const alone = margins.groups.length === 1 ? [row('', 'no other group to compare with')] : []
  const title = `margin over the playbook (${margins.reference}) at equal time: best so far, mean (sd over seeds), on val after ${formatSeconds(margins.seconds)}, when the first search had ended; n = ${margins.n.map(formatCount).join(' or ')}`
  return [...titleLines(title), ...renderTable(['', 'best so far', 'difference'], rows, '<><'), ...alone]
}
