// What the playbook team earns on several image sets, beside random search at equal time and beside a plain start.
//
//   node benchmarks/experiment.ts <sets folder> <results folder> [--seeds 2] [--trials 12] [--train-seconds 25] [--only set,set] [--table]
//
// The sets come from benchmarks/sets.py. Runs are made one after another, each in a folder of its own; what is finished is not made
// again, and what was interrupted goes on, so that the same command resumes. `--table` only prints what there is.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { formatCount, formatSeconds } from '../src/core/format.ts'
import type { RunState } from '../src/core/run-state.ts'
import { mean, sampleDeviation } from '../src/core/statistics.ts'
import { measuredSets } from '../src/team/playbook/index.ts'
import { findRuns, readJournal } from '../src/journal/index.ts'

const IMPROVE = join(import.meta.dirname, '..', 'bin', 'improve.mjs')
/** More than any run needs: the number of proposals ends it. */
const AMPLE_TIME = '10h'

type Arm = { readonly name: string; readonly arguments: readonly string[]; readonly equalTimeTo: string | null }

const ARMS: readonly Arm[] = [
  { name: 'iterative', arguments: [], equalTimeTo: null },
  { name: 'random', arguments: ['--strategy', 'random', '--patience', '1000'], equalTimeTo: 'iterative' },
  { name: 'plain', arguments: ['--init', 'plain'], equalTimeTo: null },
]

/** Arms of each set; groups keep what belongs together in one split. */
const SETS: Readonly<Record<string, { readonly arms: readonly string[]; readonly arguments: readonly string[] }>> = {
  fashion10k: { arms: ['iterative', 'random', 'plain'], arguments: [] },
  orl: { arms: ['iterative', 'random'], arguments: [] },
  stamps: { arms: ['iterative', 'random'], arguments: [] },
  textile: { arms: ['iterative', 'random'], arguments: [] },
  emoji: { arms: ['iterative', 'random'], arguments: ['--groups', '([0-9a-f-]+)--'] },
}

type Job = { readonly set: string; readonly arm: Arm; readonly seed: number; readonly folder: string }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '2' },
    trials: { type: 'string', default: '12' },
    'train-seconds': { type: 'string', default: '25' },
    only: { type: 'string' },
    table: { type: 'boolean', default: false },
  },
})
const [setsFolder, resultsFolder] = positionals
if (setsFolder === undefined || resultsFolder === undefined) throw new Error('usage: experiment.ts <sets folder> <results folder>')

const jobs = listJobs(resolve(resultsFolder), Number(values.seeds), values.only?.split(',') ?? Object.keys(SETS))
if (!values.table) for (const job of jobs) await runJob(job, resolve(setsFolder))
await writeTable(resolve(resultsFolder))

/** Seed by seed over all sets, so that an interrupted experiment has something of each. */
function listJobs(results: string, seeds: number, sets: readonly string[]): Job[] {
  return Array.from({ length: seeds }, (_, seed) =>
    sets.flatMap((set) =>
      (SETS[set]?.arms ?? []).flatMap((name) => {
        const arm = ARMS.find((each) => each.name === name)
        return arm === undefined ? [] : [{ set, arm, seed, folder: join(results, `${set}-${name}-${seed}`) }]
      }),
    ),
  ).flat()
}

async function runJob({ set, arm, seed, folder }: Job, sets: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  if ((await stateOf(folder))?.finished != null) return
  const other = arm.equalTimeTo === null ? null : await stateOf(folder.replace(`-${arm.name}-`, `-${arm.equalTimeTo}-`))
  const limit =
    other === null ? ['--time', AMPLE_TIME, '--trials', values.trials] : ['--time', `${Math.round(other.activeSeconds)}s`]
  const command = ['run', join(sets, set), '--seed', String(seed), '--train-seconds', values['train-seconds'], '--out', folder]
  // What was measured on a set does not help on it; a refit as long as a trial keeps the comparison to what was decided on.
  const fair = [...(measuredSets().includes(set) ? ['--leave-out', set] : []), '--refit-times', '1']
  const args = [...command, ...limit, ...fair, ...(SETS[set]?.arguments ?? []), ...arm.arguments]
  console.log(`\n== ${set}, ${arm.name}, seed ${seed}\n`)
  const child = spawn(process.execPath, [IMPROVE, ...args], { stdio: 'inherit' })
  const code = await new Promise((done) => child.on('close', done))
  if (code !== 0) console.log(`== ended with exit code ${String(code)}`)
}

async function stateOf(folder: string): Promise<RunState | null> {
  const [newest] = await findRuns(folder)
  return newest === undefined ? null : (await readJournal(newest.folder)).state
}

/** One line a run, then the mean difference between iterative and random with its spread over runs. */
async function writeTable(results: string): Promise<void> {
  const rows = ['| set | strategy | seed | test n | baseline | final | gain on test (95 %) | kept, rejected, failed | time |']
  rows.push('|---|---|---|---|---|---|---|---|---|')
  const finals = new Map<string, number>()
  const names = existsSync(results) ? readdirSync(results).toSorted() : []
  for (const name of names) {
    const state = await stateOf(join(results, name))
    if (state?.finished == null) continue
    const [before, after] = [testValue(state, 0), testValue(state, state.best ?? 0)]
    finals.set(name, after.value)
    const compared = state.test?.compared?.comparison
    const gain =
      compared === undefined ? 'no change kept' : `${points(compared.delta)} (${points(compared.low)}..${points(compared.high)})`
    const [set = '', arm = '', seed = ''] = name.split('-')
    const cells = [set, arm, seed, formatCount(after.n), percent(before.value), percent(after.value), gain, counts(state)]
    rows.push(`| ${[...cells, formatSeconds(state.activeSeconds)].join(' | ')} |`)
  }
  const differences = [...finals].flatMap(([name, value]) => {
    const other = finals.get(name.replace('-iterative-', '-random-'))
    return name.includes('-iterative-') && other !== undefined ? [value - other] : []
  })
  if (differences.length > 1) {
    const error = (1.96 * sampleDeviation(differences)) / Math.sqrt(differences.length)
    const [low, high] = [mean(differences) - error, mean(differences) + error]
    rows.push(
      '',
      `Iterative minus random: ${points(mean(differences))} points (95 % ${points(low)}..${points(high)}, ${differences.length} pairs).`,
    )
  }
  await writeFile(join(results, 'table.md'), `${rows.join('\n')}\n`)
  console.log(rows.join('\n'))
}

function testValue({ test }: RunState, trial: number): { value: number; n: number } {
  const outcome = test?.scored.find((scored) => scored.trial === trial)?.outcome
  return outcome?.status === 'scored' ? { value: outcome.chosen.value, n: outcome.n } : { value: Number.NaN, n: 0 }
}

function counts({ trials }: RunState): string {
  const decided = trials.slice(1).flatMap((trial) => (trial.decision === null ? [] : [trial.decision]))
  const kept = decided.filter(({ verdict }) => verdict === 'kept').length
  const failed = decided.filter(({ stage }) => stage === 'failed').length
  return `${kept}, ${decided.length - kept - failed}, ${failed}`
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`
}

function points(value: number): string {
  return `${value >= 0 ? '+' : ''}${(value * 100).toFixed(1)}`
}
