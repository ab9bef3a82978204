import { existsSync, statSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { findMismatches } from '../core/compare-runs-groups.ts'
import type { ComparedRun } from '../core/compare-runs-groups.ts'
import { compareRuns } from '../core/compare-runs.ts'
import type { RunComparison } from '../core/compare-runs.ts'
import { UsageError } from '../core/errors.ts'
import { printable } from '../core/names.ts'
import { writeAtomic } from '../files/index.ts'
import { readJournal } from '../journal/index.ts'
import { renderComparisonPage } from './compare-page.ts'
import { comparisonLines } from './compare-text.ts'
import type { Context } from './context.ts'
import { statusText } from './run-status.ts'
import { viewRun } from './show-run.ts'
import type { ViewedRun } from './show-run.ts'

export type CompareOptions = {
  readonly runs: readonly string[]
  readonly out: string
  readonly html?: string | undefined
  readonly force?: true | undefined
  readonly json?: true | undefined
}

/** `improve compare`: what runs came to and cost, side by side, by groups that differ in their seeds alone. */
export async function compareRunFolders(options: CompareOptions, context: Context): Promise<void> {
  const { terminal } = context
  const page = options.html === undefined ? null : checkPage(options.html, terminal.cwd)
  const viewed: ViewedRun[] = []
  for (const name of options.runs) viewed.push(await viewRun(name, options.out, context))
  checkDistinct(viewed)
  const runs = await Promise.all(
    viewed.map(async (run): Promise<ComparedRun> => {
      const { events, state } = await readJournal(run.folder.folder)
      return { name: run.called, spec: run.spec, state, events }
    }),
  )
  if (options.force === undefined) checkComparable(runs)
  const comparison = compareRuns(runs)
  const lines = comparisonLines(comparison, new Map(viewed.map(({ called, status }) => [called, statusText(status)])))
  if (options.json) terminal.print(JSON.stringify(comparisonJson(comparison), null, 2))
  else for (const line of lines) terminal.print(line)
  if (page === null) return options.json ? undefined : terminal.note('curves:  add --html compare.html')
  await writeAtomic(page, renderComparisonPage(comparison, lines))
  terminal.note(`the same with curves:  ${relative(terminal.cwd, page)}`)
}

/** Before anything is read: the file of the page can be made. */
function checkPage(file: string, cwd: string): string {
  const path = resolve(cwd, file)
  if (!/\.html?$/i.test(path))
    throw new UsageError(`--html ${printable(file)}: it must be the name of a page`, { fix: 'name a file such as compare.html' })
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(`--html ${printable(file)} is a folder`, { fix: 'name a file such as compare.html' })
  if (!existsSync(dirname(path)))
    throw new UsageError(`--html ${printable(file)}: there is no folder for it`, {
      evidence: [`looked for  ${dirname(path)}`],
      fix: 'make the folder, or name a file in one that exists',
    })
  return path
}

function checkDistinct(runs: readonly ViewedRun[]): void {
  const folders = runs.map(({ folder }) => folder.folder)
  const twice = runs.find(({ folder }, index) => folders.indexOf(folder.folder) < index)
  if (twice === undefined) return
  throw new UsageError(`the run ${twice.called} is named twice`, { fix: 'name each run once: a run is no second seed of itself' })
}

function checkComparable(runs: readonly ComparedRun[]): void {
  const mismatches = findMismatches(runs)
  if (mismatches.length === 0) return
  throw new UsageError(`these runs are not comparable: they differ in ${mismatches.map(({ what }) => what).join(', ')}`, {
    evidence: mismatches.flatMap(({ what, values }) =>
      values.map((each) => `${what}  ${printable(each.value)}: ${each.runs.map((name) => printable(name)).join(', ')}`),
    ),
    fix: 'name runs on the same images with the same --metric and --train-seconds, or add --force to see these side by side, marked',
  })
}

/** All figures, and of each run what it was asked; states and events are for `improve show --json`. */
function comparisonJson({ groups, margins, mismatches }: RunComparison): unknown {
  const short = groups.map(({ runs, ...group }) => ({
    ...group,
    runs: runs.map(({ name, spec, state }) => ({ name, seed: spec.seed, status: state.status })),
  }))
  return { groups: short, margins, mismatches }
}
