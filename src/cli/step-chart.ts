import { escapeHtml } from './escape-html.ts'

export type Series = {
  readonly name: string
  readonly color: string
  /** Each value holds to the next point; the last x is the end. */
  readonly points: readonly { readonly x: number; readonly mean: number; readonly deviation: number | null }[]
}

export type Chart = {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly series: readonly Series[]
  readonly formatX: (x: number) => string
  readonly formatY: (y: number) => string
}

const [WIDTH, HEIGHT] = [720, 320]
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 28, 34, 48]
const TICKS = 5

type Scale = {
  readonly x: (x: number) => number
  readonly y: (y: number) => number
  readonly widest: number
  readonly xs: readonly number[]
  readonly ys: readonly number[]
}

/** Step curves with bands of one standard deviation, as one SVG element. */
export function renderStepChart({ title, xLabel, yLabel, series, formatX, formatY }: Chart): string {
  const scale = scaleOf(series)
  const [right, bottom] = [WIDTH - RIGHT, HEIGHT - BOTTOM]
  const grid = scale.ys.map(
    (y) =>
      `<line x1="${LEFT}" x2="${right}" y1="${round(scale.y(y))}" y2="${round(scale.y(y))}" stroke="#ddd"/>${label(LEFT - 8, scale.y(y) + 4, 'end', formatY(y))}`,
  )
  const feet = scale.xs.map((x) => label(scale.x(x), bottom + 18, 'middle', formatX(x)))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}" font-family="sans-serif" font-size="12" fill="#333">`,
    label(LEFT, 18, 'start', title),
    ...grid,
    ...feet,
    label((LEFT + right) / 2, HEIGHT - 10, 'middle', xLabel),
    `<text transform="translate(14 ${(TOP + bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeHtml(yLabel)}</text>`,
    ...series.map((each, index) => seriesMarks(each, index, scale)),
    ...nameMarks(series, scale),
    '</svg>',
  ].join('\n')
}

function scaleOf(series: readonly Series[]): Scale {
  const points = series.flatMap((each) => each.points)
  const values = points.flatMap(({ mean, deviation }) => [mean - (deviation ?? 0), mean + (deviation ?? 0)])
  const widest = Math.max(...points.map(({ x }) => x)) || 1
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const room = (high - low) * 0.05 || Math.abs(high) * 0.01 || 1
  const [bottom, top] = [low - room, high + room]
  return {
    x: (x) => LEFT + (x / widest) * (WIDTH - LEFT - RIGHT),
    y: (y) => TOP + ((top - y) / (top - bottom)) * (HEIGHT - TOP - BOTTOM),
    widest,
    xs: ticks(0, widest),
    ys: ticks(bottom, top),
  }
}

/** Round numbers within a range, about `TICKS` of them. */
export function ticks(low: number, high: number): number[] {
  const rough = (high - low) / TICKS
  const unit = 10 ** Math.floor(Math.log10(rough))
  const step = unit * ([1, 2, 5].find((times) => unit * times >= rough) ?? 10)
  const first = Math.ceil(low / step)
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => (first + index) * step)
}

/** What is drawn of a series. One that paid nothing on this axis stands at 0: its value is drawn across. */
function shownPoints({ points }: Series, { widest }: Scale): Series['points'] {
  const last = points.at(-1)
  return last?.x === 0 ? [last, { ...last, x: widest }] : points
}

function seriesMarks(series: Series, index: number, scale: Scale): string {
  const { color, points } = series
  const shown = shownPoints(series, scale)
  const dash = points.at(-1)?.x === 0 ? '1 5' : (DASHES[Math.floor(index / PALETTE_SIZE) % DASHES.length] ?? '')
  const line = steps(shown.map(({ x, mean }) => [scale.x(x), scale.y(mean)]))
  return `${bandOf(shown, color, scale)}<path d="${line}" fill="none" stroke="${color}" stroke-width="2" stroke-dasharray="${dash}"/>`
}

const LEAST_GAP = 13

/** The names at the ends of the lines, moved down where they would lie on each other. */
function nameMarks(series: readonly Series[], scale: Scale): string[] {
  const ends = series.flatMap((each) => {
    const end = shownPoints(each, scale).at(-1)
    return end === undefined ? [] : [{ ...each, x: scale.x(end.x) + 5, y: scale.y(end.mean) + 4 }]
  })
  let lowest = -Infinity
  return ends
    .toSorted((a, b) => a.y - b.y)
    .map(({ name, color, x, y }) => {
      lowest = Math.max(y, lowest + LEAST_GAP)
      return `<g fill="${color}" font-weight="bold">${label(x, lowest, 'start', name)}</g>`
    })
}

const PALETTE_SIZE = 7
const DASHES = ['', '6 3', '2 2']

function bandOf(points: Series['points'], color: string, scale: Scale): string {
  const wide = points.filter((point) => point.deviation !== null)
  if (wide.length === 0) return ''
  const edge = (sign: number) => wide.map(({ x, mean, deviation }): Point => [scale.x(x), scale.y(mean + sign * (deviation ?? 0))])
  const back = corners(edge(-1)).toReversed()
  return `<path d="${steps(edge(1))} L ${back.map(pair).join(' L ')} Z" fill="${color}" fill-opacity="0.15"/>`
}

type Point = readonly [number, number]

function steps(points: readonly Point[]): string {
  return `M ${corners(points).map(pair).join(' L ')}`
}

/** Flat to the next x, then up or down. */
function corners(points: readonly Point[]): Point[] {
  return points.flatMap(([x, y], index): Point[] => {
    const before = points[index - 1]
    return before === undefined
      ? [[x, y]]
      : [
          [x, before[1]],
          [x, y],
        ]
  })
}

function pair([x, y]: Point): string {
  return `${round(x)} ${round(y)}`
}

function label(x: number, y: number, anchor: string, text: string): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeHtml(text)}</text>`
}

function round(value: number): string {
  return value.toFixed(1)
}
