// Draws what a run came to: each trial as a dot, the best so far as a line, kept components named.
//
//   node scripts/draw-run.ts <run folder> <file.svg>
import { writeFile } from 'node:fs/promises'
import type { RunState, TrialState } from '../src/core/run-state.ts'
import { readJournal } from '../src/journal/index.ts'

const WIDTH = 720
const HEIGHT = 300
const MARGIN = { left: 56, right: 24, top: 36, bottom: 44 }
const COLOURS = { kept: '#1a7f37', rejected: '#8c959f', failed: '#cf222e', line: '#0969da' }

type Dot = {
  readonly trial: TrialState
  readonly value: number | null
  readonly best: number
  readonly kind: 'kept' | 'rejected' | 'failed'
}

const [folder, file] = process.argv.slice(2)
if (folder === undefined || file === undefined) throw new Error('usage: draw-run.ts <run folder> <file.svg>')
await writeFile(file, draw((await readJournal(folder)).state))

function draw(state: RunState): string {
  const dots = dotsOf(state)
  const values = dots.flatMap(({ value, best }) => [best, ...(value === null ? [] : [value])])
  const [low, high] = [Math.min(...values) - 0.01, Math.max(...values) + 0.01]
  const x = (index: number) => MARGIN.left + (index / Math.max(1, dots.length - 1)) * (WIDTH - MARGIN.left - MARGIN.right)
  const y = (value: number) => MARGIN.top + ((high - value) / (high - low)) * (HEIGHT - MARGIN.top - MARGIN.bottom)
  const line = dots.map(
    ({ best }, index) => `${index === 0 ? 'M' : `H${x(index).toFixed(1)}V`}${index === 0 ? `${x(0)},` : ''}${y(best).toFixed(1)}`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text(
      MARGIN.left,
      18,
      `${state.spec?.metric ?? ''} on val by trial; a kept change is green, the line is the best so far`,
      'start',
    ),
    ...ticks(low, high).flatMap((value) => [
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(value)}" y2="${y(value)}" stroke="#d8dee4"/>`,
      text(MARGIN.left - 8, y(value) + 4, `${(value * 100).toFixed(0)} %`, 'end'),
    ]),
    `<path d="${line.join('')}" fill="none" stroke="${COLOURS.line}" stroke-width="2"/>`,
    ...dots.flatMap((dot, index) => drawDot(dot, x(index), y(dot.value ?? low))),
    text(WIDTH / 2, HEIGHT - 8, 'trial', 'middle'),
    '</svg>\n',
  ].join('\n')
}

function dotsOf({ trials }: RunState): Dot[] {
  let best = 0
  return trials.map((trial) => {
    const outcome = trial.evaluations.find((evaluation) => evaluation.repeat === 0)?.finished?.outcome
    const value = outcome?.status === 'scored' ? outcome.chosen.value : null
    const isKept = trial.number === 0 || trial.decision?.verdict === 'kept'
    if (isKept && value !== null) best = Math.max(best, value)
    return { trial, value, best, kind: value === null ? 'failed' : isKept ? 'kept' : 'rejected' }
  })
}

function drawDot({ trial, kind }: Dot, x: number, y: number): string[] {
  const circle = `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${kind === 'kept' ? 5 : 3.5}" fill="${COLOURS[kind]}"/>`
  const number = text(x, HEIGHT - MARGIN.bottom + 16, String(trial.number), 'middle')
  const [change] = trial.changes
  return kind === 'kept' && change !== undefined ? [circle, number, text(x, y - 10, change.component, 'middle')] : [circle, number]
}

function ticks(low: number, high: number): number[] {
  const step = [0.01, 0.02, 0.05, 0.1, 0.2].find((each) => (high - low) / each <= 8) ?? 0.2
  const first = Math.ceil(low / step)
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, index) => (first + index) * step)
}

function text(x: number, y: number, content: string, anchor: string): string {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${safe}</text>`
}
