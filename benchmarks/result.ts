import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { formatMeasured } from './goal.ts'
import type { JudgedGoal } from './goal.ts'
import type { MachineFacts } from './machine-facts.ts'

/** A figure shown beside the goals, without a threshold. */
export type Figure = { readonly name: string; readonly unit: string; readonly repeats: readonly number[]; readonly median: number }

/** What a suite measured. */
export type Measured = {
  readonly torchVersion: string
  readonly goals: readonly JudgedGoal[]
  readonly figures: readonly Figure[]
  /** How it was measured: counts, seeds, the settings chosen, rates. */
  readonly details: Readonly<Record<string, unknown>>
}

/** The content of a file in benchmarks/results. */
export type Result = Measured & {
  readonly version: 1
  readonly suite: string
  readonly startedAt: string
  readonly seconds: number
  readonly machine: MachineFacts & { readonly loadBefore: readonly number[]; readonly loadAfter: readonly number[] }
  readonly warnings: readonly string[]
}

const FOLDER = join(import.meta.dirname, 'results')

/** Writes `<date>-<suite>.json`, or `<date>-<suite>-2.json` and so on for later runs of one day; returns the path. */
export async function writeResult(result: Result, folder = FOLDER): Promise<string> {
  await mkdir(folder, { recursive: true })
  const stem = `${result.startedAt.slice(0, 10)}-${result.suite}`
  for (let run = 1; ; run++) {
    const path = join(folder, `${stem}${run === 1 ? '' : `-${run}`}.json`)
    try {
      await writeFile(path, `${JSON.stringify(result, null, 2)}\n`, { flag: 'wx' })
      return path
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }
}

/** The table of docs/benchmarks.md for one results file. */
export function renderTable(result: Result, path: string): string {
  const { machine } = result
  const flags = machine.bfloat16Flags.length > 0 ? machine.bfloat16Flags.join(', ') : 'no bfloat16 instructions'
  return [
    `From \`benchmarks/results/${basename(path)}\`: ${machine.cpuModel}, ${machine.coreCount} cores, ${flags}, ` +
      `${(machine.memoryBytes / 2 ** 30).toFixed(0)} GiB, ${machine.platform}, torch ${result.torchVersion}, ` +
      `${result.startedAt.slice(0, 10)}, load average before ${machine.loadBefore[0]}.`,
    '',
    '| goal | measured | promised | result | repeats | lowest to highest | rival |',
    '|---|---|---|---|---|---|---|',
    ...result.goals.map(goalRow),
    '',
    '| for information | median | repeats |',
    '|---|---|---|',
    ...result.figures.map(({ name, unit, median, repeats }) => `| ${name} | ${median.toFixed(2)} ${unit} | ${repeats.length} |`),
  ].join('\n')
}

function goalRow(goal: JudgedGoal): string {
  const show = (value: number) => formatMeasured(value, goal.unit)
  const cells = [
    goal.name,
    `${show(goal.measured)} (${goal.judgedBy})`,
    `${goal.bound} ${show(goal.threshold)}`,
    goal.isMet ? 'pass' : 'short',
    String(goal.repeats.length),
    `${show(goal.low)} to ${show(goal.high)}`,
    goal.rival,
  ]
  return `| ${cells.join(' | ')} |`
}
