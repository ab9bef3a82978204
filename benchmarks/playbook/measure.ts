// What each move of the playbook is worth on its own: pipeline 0 with one change, at the compute of pipeline 0.
//
//   node benchmarks/playbook/measure.ts <dataset> <results folder> [--train-seconds 20] [--repeats 1] [--baselines 4] [--groups REGEX]
//        [--only REGEX of move ids] [--seed 0]
//
// One training a core runs at a time, each on one thread. What was scored is not trained again, so that the same command resumes.
import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { compareResults } from '../../src/core/compare.ts'
import { parseGroups } from '../../src/cli/check-paths.ts'
import { inLanes } from '../../src/cli/in-lanes.ts'
import { makeBrief } from '../../src/cli/brief.ts'
import { formatPercent, formatSeconds } from '../../src/core/format.ts'
import type { Evaluation, Evaluator } from '../../src/core/evaluator.ts'
import type { ImageResults } from '../../src/core/evaluation.ts'
import { machineWith } from '../../src/core/machine.ts'
import { COMPONENTS } from '../../src/core/pipeline.ts'
import type { Pipeline } from '../../src/core/pipeline.ts'
import { deriveSeed } from '../../src/core/seeds.ts'
import { mean } from '../../src/core/statistics.ts'
import type { Brief } from '../../src/core/team.ts'
import { readCard } from '../../src/dataset/index.ts'
import { cacheFolder } from '../../src/files/cache-folder.ts'
import { ensurePythonEnvironment, makeLocalEvaluator, measureMachine, prepareDataset, Spares } from '../../src/harness/index.ts'
import { findSandbox, makePlainSandbox } from '../../src/sandbox/index.ts'
import { makeCrafts, makePlaybookTeam } from '../../src/team/playbook/team.ts'
import { memoOf } from '../../src/team/playbook/craft.ts'

/** Moves are numbered from here on; the baselines come before. */
const FIRST_MOVE = 100
/** Between two seeds of one pipeline; only the error that is printed follows from it. */
const SEED_DEVIATION = 0.004

type Single = { readonly id: string; readonly kind: string; readonly pipeline: Pipeline }
type Row = {
  readonly id: string
  readonly kind: string
  /** Change of accuracy against the baselines in points, its standard error, and the change of the log loss. */
  readonly points: number | null
  readonly error: number | null
  readonly logLoss: number | null
  readonly steps: number | null
  readonly failure: string | null
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'train-seconds': { type: 'string', default: '20' },
    repeats: { type: 'string', default: '1' },
    baselines: { type: 'string', default: '4' },
    groups: { type: 'string' },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '0' },
  },
})
const [source, results] = positionals
if (source === undefined || results === undefined) throw new Error('usage: measure.ts <dataset> <results folder>')
await main(resolve(source), resolve(results))

async function main(dataset: string, folder: string): Promise<void> {
  const signal = new AbortController().signal
  const trainSeconds = Number(values['train-seconds'])
  const { brief, evaluators, close } = await compose(dataset, folder, trainSeconds, signal)
  try {
    await measureAll(brief, evaluators, { dataset, folder, trainSeconds }, signal)
  } finally {
    await close()
  }
}

type Place = { readonly dataset: string; readonly folder: string; readonly trainSeconds: number }

async function measureAll(brief: Brief, evaluators: Evaluator[], place: Place, signal: AbortSignal): Promise<void> {
  const { dataset, folder, trainSeconds } = place
  const { pipeline, memos, design } = await makePlaybookTeam().architect(brief, signal)
  console.log(design)
  const baselines = await evaluateBaselines(evaluators, pipeline, signal)
  const moves = singleMoves(brief, memos, pipeline).filter(({ id }) => new RegExp(values.only).test(id))
  console.log(`${moves.length} moves apply; baseline ${baselines.map((one) => formatPercent(accuracyOf(one))).join(', ')}`)
  const rows: Row[] = []
  const started = performance.now()
  await inLanes(
    [...moves.keys()],
    evaluators.length,
    async (index) => {
      const move = moves[index]
      if (move === undefined) return
      rows.push(await withOne(evaluators, (one) => measureMove(one, move, FIRST_MOVE + index, baselines, signal)))
      const left = ((performance.now() - started) / 1000 / rows.length) * (moves.length - rows.length)
      console.log(`${describe(rows.at(-1))}   ${rows.length} of ${moves.length}, about ${formatSeconds(left)} left`)
      await store(folder, dataset, brief, trainSeconds, baselines, rows)
    },
    () => false,
  )
  for (const row of rows.toSorted((a, b) => (b.points ?? -99) - (a.points ?? -99))) console.log(describe(row))
}

async function compose(dataset: string, folder: string, trainSeconds: number, signal: AbortSignal) {
  const { python, torchVersion } = await ensurePythonEnvironment({ onProgress: console.log, signal })
  const { sandbox, reason } = await findSandbox()
  if (sandbox === null) console.log(`notice: no sandbox (${reason}); everything runs as plain processes`)
  const cores = availableParallelism()
  const tools = { sandbox: sandbox ?? makePlainSandbox(), python, threads: cores }
  const groups = parseGroups(values.groups, process.cwd())
  const request = { source: dataset, groups, cache: cacheFolder(), onProgress: () => {}, onNote: console.log, signal }
  const staged = await prepareDataset(request, tools)
  const measured = await measureMachine(tools, torchVersion, cacheFolder(), signal)
  const machine = machineWith(measured, 1)
  if (machine === null) throw new Error('this machine was not measured with one thread')
  const card = await readCard(staged.folder)
  const seed = Number(values.seed)
  const brief = await makeBrief({ dataset: staged, card, about: null, metric: 'accuracy', trainSeconds, machine, cores: 1, seed })
  await mkdir(folder, { recursive: true })
  const local = {
    dataset: staged,
    runFolder: folder,
    runSeed: seed,
    trainSeconds,
    metric: 'accuracy',
    refitTimes: 1,
    onProgress: () => {},
  } as const
  const spares = Array.from({ length: cores }, () => new Spares())
  const evaluators = spares.map((each) => makeLocalEvaluator({ ...local, tools: { ...tools, threads: 1, machine, spares: each } }))
  const close = async () => void (await Promise.all(spares.map((each) => each.close())))
  return { brief, evaluators, close }
}

/** Each has processes that wait for its own next job, so that no two lanes may use one. */
async function withOne<T>(free: Evaluator[], work: (one: Evaluator) => Promise<T>): Promise<T> {
  const one = free.pop()
  if (one === undefined) throw new Error('more work at a time than evaluators')
  try {
    return await work(one)
  } finally {
    free.push(one)
  }
}

/** The first sets the pace of all others. */
async function evaluateBaselines(evaluators: Evaluator[], pipeline: Pipeline, signal: AbortSignal): Promise<Evaluation[][]> {
  const seeds = Array.from({ length: Number(values.baselines) }, (_, index) => index)
  const done: Evaluation[][] = []
  const evaluate = async (trial: number) => {
    done[trial] = await withOne(evaluators, (one) => evaluateAll(one, pipeline, trial, trial === 0 ? null : 0, signal))
  }
  await evaluate(0)
  await inLanes(seeds.slice(1), evaluators.length, evaluate, () => false)
  const failed = done.flat().find(({ outcome }) => outcome.status === 'failed')?.outcome
  if (failed?.status === 'failed') throw new Error(`pipeline 0 could not be scored: ${failed.message}`)
  return done
}

async function evaluateAll(evaluator: Evaluator, pipeline: Pipeline, trial: number, base: number | null, signal: AbortSignal) {
  const found: Evaluation[] = []
  for (let repeat = 0; repeat < Number(values.repeats); repeat++) {
    const seed = deriveSeed(Number(values.seed), 'evaluation', trial, repeat)
    found.push(await evaluator.evaluate({ trial, pipeline, repeat, seed, base }, signal))
  }
  await evaluator.discard(trial)
  return found
}

/** Every change of one component of pipeline 0 that keeps what the pictures mean. */
function singleMoves(brief: Brief, memos: Readonly<Record<string, unknown>>, pipeline: Pipeline): Single[] {
  const crafts = makeCrafts()
  return COMPONENTS.flatMap((component) => {
    const memo = memoOf(component, memos[component])
    if (memo === null) throw new Error(`no design of ${component}`)
    const options = crafts[component].options(memo.design, { brief, evidence: null })
    return options
      .filter(({ safety }) => safety?.verdict !== 'refused')
      .map(({ move, design }) => ({
        id: move.id,
        kind: move.kind,
        pipeline: { ...pipeline, [component]: crafts[component].render(design, brief) },
      }))
  })
}

async function measureMove(
  evaluator: Evaluator,
  { id, kind, pipeline }: Single,
  trial: number,
  baselines: readonly Evaluation[][],
  signal: AbortSignal,
): Promise<Row> {
  const evaluations = await evaluateAll(evaluator, pipeline, trial, 0, signal)
  const [first] = evaluations
  if (first === undefined || first.outcome.status === 'failed' || evaluations.some(({ images }) => images === null)) {
    const failure = first?.outcome.status === 'failed' ? first.outcome.message : 'failed'
    return { id, kind, points: null, error: null, logLoss: null, steps: null, failure }
  }
  const [ours, theirs] = [imagesOf(evaluations), baselines.flatMap(imagesOf)]
  const accuracy = compareResults(ours, theirs, 'accuracy', SEED_DEVIATION)
  const loss = compareResults(ours, theirs, 'log-loss', SEED_DEVIATION)
  const base = baselines[0]?.[0]?.outcome
  const steps = base?.status === 'scored' ? first.outcome.steps / base.steps : null
  return { id, kind, points: accuracy.delta * 100, error: accuracy.standardError * 100, logLoss: -loss.delta, steps, failure: null }
}

function imagesOf(evaluations: readonly Evaluation[]): ImageResults[] {
  return evaluations.map(({ images }) => images).filter((images) => images !== null)
}

/** Share of right images, mean over the repeats of one seed. */
function accuracyOf(evaluations: readonly Evaluation[]): number {
  return mean(evaluations.map(({ outcome }) => (outcome.status === 'scored' ? outcome.metrics.accuracy.value : Number.NaN)))
}

function describe(row: Row | undefined): string {
  if (row === undefined) return ''
  if (row.points === null || row.logLoss === null || row.error === null) return `${row.id.padEnd(44)} failed: ${row.failure ?? ''}`
  const points = `${row.points >= 0 ? '+' : ''}${row.points.toFixed(2)} (${row.error.toFixed(2)})`
  return `${row.id.padEnd(44)} ${points.padStart(14)}  log loss ${row.logLoss >= 0 ? '+' : ''}${row.logLoss.toFixed(3)}  steps ${(row.steps ?? Number.NaN).toFixed(2)}`
}

async function store(
  folder: string,
  dataset: string,
  brief: Brief,
  trainSeconds: number,
  baselines: readonly Evaluation[][],
  rows: readonly Row[],
) {
  const { trainCount, valCount, shape, channels } = brief
  const facts = { set: basename(dataset), trainSeconds, trainCount, valCount, shape, channels, classes: brief.classes.length }
  const text = JSON.stringify(
    { ...facts, baselines: baselines.map(accuracyOf), rows: rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)) },
    null,
    1,
  )
  await writeFile(join(folder, 'moves.json'), `${text}\n`)
}
