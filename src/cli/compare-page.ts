import { AXES, meanSteps, stepsOn } from '../core/compare-runs-curve.ts'
import type { Axis } from '../core/compare-runs-curve.ts'
import type { GroupFigures, RunComparison } from '../core/compare-runs.ts'
import { plural } from '../core/format.ts'
import { valCounts } from './compare-curves.ts'
import { groupTitle } from './compare-text.ts'
import { mark, metricsText } from './compare-words.ts'
import { escapeHtml } from './escape-html.ts'
import { renderStepChart } from './step-chart.ts'
import type { Series } from './step-chart.ts'

/** Colours that are told apart also by most colour-blind people (Okabe and Ito, 2008). */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000']

const AXIS_LABELS: Readonly<Record<Axis, string>> = {
  trials: 'proposals decided',
  seconds: 'active time',
  usd: 'dollars paid for answers',
}

/** One page that needs no other file: the best-so-far curves, and what the command prints. */
export function renderComparisonPage(comparison: RunComparison, lines: readonly string[]): string {
  const { groups } = comparison
  const metric = groups[0]?.spec.metric
  const drawn = groups.filter(({ spec, curves }) => spec.metric === metric && curves.length > 0)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(`comparison of ${plural(groups.length, 'group')} of runs`)}</title>
<style>body { font: 16px/1.5 sans-serif; max-width: 760px; margin: 2em auto; padding: 0 1em; color: #222; background: #fff } pre { font-size: 13px; overflow-x: auto }</style>
</head>
<body>
<h1>Best so far</h1>
<ul>
${groups.map((group, index) => legendItem(group, index, drawn.includes(group))).join('\n')}
</ul>
${AXES.map((axis) => chartOf(drawn, groups, axis)).join('\n')}
<h2>Figures</h2>
<pre>${escapeHtml(lines.join('\n'))}</pre>
</body>
</html>
`
}

function legendItem(group: GroupFigures, index: number, isDrawn: boolean): string {
  const left = isDrawn ? '' : ' (not drawn: nothing was scored, or by another metric)'
  return `<li><b style="color: ${colorOf(index)}">${mark(group)}</b> ${escapeHtml(groupTitle(group) + left)}</li>`
}

function colorOf(index: number): string {
  return COLORS[index % COLORS.length] ?? '#000000'
}

function chartOf(drawn: readonly GroupFigures[], all: readonly GroupFigures[], axis: Axis): string {
  const series = drawn.flatMap((group) => seriesOf(group, axis, colorOf(all.indexOf(group))))
  const missing = drawn.filter((group) => !series.some(({ name }) => name === mark(group))).map(mark)
  const note =
    missing.length === 0 ? '' : `<p>Not drawn by ${AXIS_LABELS[axis]}: ${missing.join(', ')}, of which it is not known.</p>`
  const extent = Math.max(0, ...series.map(({ points }) => points.at(-1)?.x ?? 0))
  const [first] = drawn
  if (first === undefined || extent === 0)
    return `${note}<p>No curve by ${AXIS_LABELS[axis]}: nothing was spent, or it is not known.</p>`
  const unit = unitOf(axis, extent)
  const chart = renderStepChart({
    title: `Best so far by ${AXIS_LABELS[axis]}, mean over seeds, band of one standard deviation`,
    xLabel: AXIS_LABELS[axis] + unit.words,
    yLabel: `val ${metricsText([first])}, n = ${valCounts(drawn)}`,
    series: series.map((each) => ({ ...each, points: each.points.map((point) => ({ ...point, x: point.x / unit.size })) })),
    formatX: plainNumber,
    formatY: (y) => (first.spec.metric === 'log-loss' ? plainNumber(y) : plainNumber(y * 100)),
  })
  return chart + note
}

/** Nothing where the axis is not known of all runs of the group. */
function seriesOf(group: GroupFigures, axis: Axis, color: string): Series[] {
  const curves = group.curves.map((curve) => stepsOn(curve, axis)).filter((curve) => curve !== null)
  if (curves.length < group.curves.length) return []
  const hasSeeds = new Set(group.curves.map(({ seed }) => seed)).size > 1
  const points = meanSteps(curves).map((point) => (hasSeeds ? point : { ...point, deviation: null }))
  return points.length === 0 ? [] : [{ name: mark(group), color, points }]
}

function unitOf(axis: Axis, extent: number): { readonly size: number; readonly words: string } {
  if (axis === 'usd') return { size: 1, words: ' (USD)' }
  if (axis === 'trials') return { size: 1, words: '' }
  if (extent > 3 * 3600) return { size: 3600, words: ' (hours)' }
  return extent > 180 ? { size: 60, words: ' (minutes)' } : { size: 1, words: ' (seconds)' }
}

/** A tick, which is round but for what adding in binary leaves: 0.30000000000000004 -> "0.3". */
function plainNumber(value: number): string {
  return String(Number(value.toPrecision(6)))
}
