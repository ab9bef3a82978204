import { relative, resolve } from 'node:path'
import { ImproveError } from '../core/errors.ts'
import { formatCount } from '../core/format.ts'
import { printable } from '../core/names.ts'
import type { MetricName } from '../core/outcome.ts'
import { countProposals, firstScore } from '../core/run-facts.ts'
import type { ProposalCounts } from '../core/run-facts.ts'
import type { Estimate } from '../core/outcome.ts'
import type { RunState } from '../core/run-state.ts'
import { findRuns, readJournal } from '../journal/index.ts'
import type { FoundRun } from '../journal/index.ts'
import type { Context } from './context.ts'
import { formatMetric } from './metric-text.ts'
import { statusOf } from './run-status.ts'
import type { RunStatus } from './run-status.ts'

/** A run as a line of the list; also what `--json` prints. */
export type ListedRun = {
  readonly name: string
  readonly folder: string
  readonly createdAt: string
  readonly dataset: string | null
  readonly metric: MetricName | null
  readonly status: RunStatus['status'] | 'damaged'
  readonly pid: number | null
  readonly proposals: ProposalCounts | null
  /** First evaluations on the same images of val. */
  readonly baseline: Score | null
  readonly best: (Score & { readonly trial: number }) | null
  readonly activeSeconds: number
  /** Why the journal cannot be read. */
  readonly damage: string | null
}

type Score = Estimate & { readonly split: 'val'; readonly n: number }

/** `improve list`: one line a run, newest first. */
export async function listRuns({ out, json }: { out: string; json?: true | undefined }, { terminal }: Context): Promise<void> {
  const parent = resolve(terminal.cwd, out)
  const runs: ListedRun[] = []
  for (const found of await findRuns(parent)) runs.push(await describeRun(found))
  if (json) return terminal.print(JSON.stringify(runs, null, 2))
  if (runs.length === 0)
    return terminal.note(`no runs in ${relative(terminal.cwd, parent) || '.'}; start one: improve run ./my-images`)
  for (const line of renderList(runs, terminal.columns)) terminal.print(line)
  terminal.note('k/r/f: proposals kept, rejected, failed. More: improve show <run>')
}

async function describeRun({ name, folder, createdAt }: FoundRun): Promise<ListedRun> {
  const known = {
    name,
    folder,
    createdAt,
    dataset: null,
    metric: null,
    proposals: null,
    baseline: null,
    best: null,
    activeSeconds: 0,
  }
  try {
    const { state } = await readJournal(folder)
    const { status, pid } = await statusOf(folder, state)
    return { ...known, ...figuresOf(state), status, pid, damage: null }
  } catch (error) {
    // One damaged run must not hide the others.
    if (error instanceof ImproveError) return { ...known, status: 'damaged', pid: null, damage: error.message }
    throw error
  }
}

function figuresOf(state: RunState): Partial<ListedRun> {
  const scoreOf = (trial: number | null): Score | null => {
    const scored = trial === null ? null : firstScore(state.trials[trial])
    return scored === null ? null : { ...scored.chosen, split: 'val', n: scored.n }
  }
  const best = scoreOf(state.best)
  return {
    dataset: state.spec?.name ?? null,
    metric: state.spec?.metric ?? null,
    proposals: countProposals(state),
    baseline: scoreOf(0),
    best: best === null || state.best === null ? null : { ...best, trial: state.best },
    activeSeconds: state.activeSeconds,
  }
}

const DAMAGE_WIDTH = 30

/** Lines of at most `columns`; a name that is too long for its column gets a line of its own. */
export function renderList(runs: readonly ListedRun[], columns: number): string[] {
  const metrics = new Set(runs.map(({ metric }) => metric).filter((metric) => metric !== null))
  const shared = metrics.size === 1 ? [...metrics][0] : undefined
  const cells = runs.map((run) => [statusCell(run), countCell(run), valueCell(run, shared === undefined)])
  const head = ['status', 'k/r/f', `val${shared === undefined ? '' : ` ${shared}`} (n)`]
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)))
  const room = columns - widths.reduce((sum, width) => sum + width + 2, 0)
  const nameWidth = Math.min(Math.max(...runs.map(({ name }) => name.length)), Math.max(room, 8))
  const lineOf = (name: string, row: readonly string[]) =>
    `${name.padEnd(nameWidth)}  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd()
  return [
    lineOf('run', head),
    ...runs.flatMap(({ name }, index) => {
      const row = cells[index] ?? []
      return name.length <= nameWidth ? [lineOf(printable(name), row)] : [printable(name), lineOf('', row)]
    }),
  ]
}

function statusCell({ status, pid }: ListedRun): string {
  return pid === null ? status : `${status} ${pid}`
}

function countCell({ proposals }: ListedRun): string {
  return proposals === null ? '' : `${proposals.kept}/${proposals.rejected}/${proposals.failed}`
}

function valueCell({ metric, baseline, best, damage }: ListedRun, isMetricNamed: boolean): string {
  if (damage !== null) return printable(damage, DAMAGE_WIDTH)
  if (metric === null || baseline === null) return 'not scored'
  const from = formatMetric(metric, baseline.value, '')
  const change = best === null || best.trial === 0 ? '' : ` -> ${formatMetric(metric, best.value, '')}`
  const unit = metric === 'log-loss' ? '' : ' %'
  return `${from}${change}${unit}${isMetricNamed ? ` ${metric}` : ''} (${formatCount(baseline.n)})`
}
