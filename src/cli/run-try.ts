import { basename, resolve } from 'node:path'
import { absentClasses, foldsOfEvaluation, testCount } from '../core/dataset.ts'
import { chooseDefaultPipeline } from '../core/default-pipeline.ts'
import { UsageError } from '../core/errors.ts'
import { formatSeconds } from '../core/format.ts'
import { printable } from '../core/names.ts'
import type { MetricName } from '../core/outcome.ts'
import type { Pipeline } from '../core/pipeline.ts'
import { secondsPerTraining } from '../core/step-budget.ts'
import { readCard } from '../dataset/index.ts'
import type { CachedDataset } from '../dataset/index.ts'
import { evaluate, infoOf, measureMachine, readDefaultPipeline, readPipelineFolder } from '../harness/index.ts'
import type { Machine, Tools } from '../harness/index.ts'
import { checkOutOfReach, checkSource, checkWritable, parseGroups } from './check-paths.ts'
import { composeParts } from './compose.ts'
import type { Context } from './context.ts'
import { makeArtefacts, openTest, requestOf, writeBest } from './finish-trial.ts'
import { showPlan } from './plan-text.ts'
import { withTrialProgress } from './trial-progress.ts'
import { makeResultFolder } from './result-folder.ts'
import { stageDataset } from './stage-dataset.ts'
import { withProgress } from './terminal.ts'
import { printTrial } from './trial-report.ts'
import type { Trial, TrialRun } from './trial.ts'
import { withResultFolder } from './with-result-folder.ts'
import { writeTrial } from './write-trial.ts'

export type TryOptions = {
  readonly dataset: string
  readonly pipeline?: string | undefined
  readonly seconds: number
  readonly seed: number
  readonly seeds: number
  /** CPU threads of one training; null: all cores. */
  readonly threads?: number | undefined
  readonly metric: MetricName
  readonly groups?: string | undefined
  readonly openTest?: true | undefined
  readonly out: string
  readonly unsafeNoSandbox?: true | undefined
  readonly json?: true | undefined
}

/** `improve try`: check what was asked, stage, plan, train and score each seed, open the test once for all, report. */
export async function runTry(options: TryOptions, context: Context): Promise<boolean> {
  const { terminal, signal } = context
  const source = checkSource(options.dataset, terminal.cwd)
  const groups = parseGroups(options.groups, terminal.cwd)
  const own = options.pipeline === undefined ? null : await readPipelineFolder(resolve(terminal.cwd, options.pipeline))
  await checkWritable(resolve(terminal.cwd, options.out))
  const composed = await composeParts(context, options.unsafeNoSandbox ? 'accepted' : own === null ? 'own-code' : 'refuse')
  const cores = composed.python.threads
  const threads = Math.min(options.threads ?? cores, cores)
  const parts = { ...composed, python: { ...composed.python, threads } }
  if (own !== null && !options.unsafeNoSandbox) checkOutOfReach([source, parts.cache])
  const prepareStarted = performance.now()
  const dataset = await stageDataset(context, parts, source, groups)
  const prepareSeconds = (performance.now() - prepareStarted) / 1000
  checkTest(options, dataset)
  checkMetric(options, dataset)
  const machine = await withProgress(terminal, showMeasuring, () =>
    measureMachine(parts.python, parts.torchVersion, parts.cache, signal),
  )
  const chosen =
    own === null
      ? await chooseDefault(dataset, options.seconds, machine)
      : { pipeline: own, name: options.pipeline ?? '', reason: 'your --pipeline' }
  const folder = await makeResultFolder(resolve(terminal.cwd, options.out), basename(source), new Date())
  const trial: Trial = {
    options,
    source,
    dataset,
    card: await readCard(dataset.folder),
    chosen,
    machine,
    lanes: Math.min(options.seeds, Math.max(1, Math.floor(cores / machine.threads))),
    parts,
    folder,
    prepareSeconds,
    version: context.version,
  }
  showPlan(trial, terminal)
  const runs: TrialRun[] = []
  return withResultFolder(trial, runs, context, async () => {
    // Seeds that run side by side leave no cores to share among folds.
    const tools: Tools = { ...parts.python, machine: trial.lanes > 1 ? { ...machine, rates: undefined } : machine }
    await runSeeds(trial, runs, tools, context)
    const artefacts = await makeArtefacts(trial, runs, tools, context)
    const openings = await openTest(trial, runs, artefacts, tools, context)
    const best = await writeBest(trial, runs, artefacts)
    await writeTrial(trial, runs, openings)
    return printTrial({ trial, runs, openings, best: best?.folder ?? null }, terminal)
  })
}

/** Said once it lasts: a stored measurement is there at once. */
function showMeasuring(elapsedSeconds: number): string | null {
  return elapsedSeconds < 1 ? null : `measuring how fast this machine trains, about 10 s: ${formatSeconds(elapsedSeconds)}`
}

function checkTest({ openTest: wanted }: TryOptions, { facts }: CachedDataset): void {
  if (wanted && testCount(facts) === 0) {
    throw new UsageError(
      'this dataset has no sealed test to open: some class has too few images',
      { fix: 'leave --open-test away, or give each class at least 4 images that are not copies' },
      'dataset',
    )
  }
}

/** The area under the curve needs every class in what is judged; better said before a training than after it. */
function checkMetric({ metric, openTest: wanted }: TryOptions, { facts }: CachedDataset): void {
  if (metric !== 'auc') return
  const judged = { val: foldsOfEvaluation(facts).map((fold) => fold.val), ...(wanted ? { test: ['test'] } : {}) }
  for (const [split, parts] of Object.entries(judged)) {
    const absent = absentClasses(facts, parts)
    if (absent.length === 0) continue
    throw new UsageError(
      `auc is not defined here: ${split} has no image of ${absent.length === 1 ? 'a class' : `${absent.length} classes`}`,
      { evidence: absent.slice(0, 8).map((name) => printable(name)), fix: 'choose another --metric' },
      'dataset',
    )
  }
}

async function chooseDefault(
  dataset: CachedDataset,
  seconds: number,
  machine: Machine,
): Promise<{ pipeline: Pipeline; name: string; reason: string }> {
  const folds = foldsOfEvaluation(dataset.facts)
  const info = await infoOf(dataset, folds[0]?.train ?? [], 0, secondsPerTraining(seconds, folds.length), machine)
  const { name, imageSize, reason } = chooseDefaultPipeline({
    ...info,
    shape: info.typicalShape,
    referenceSpeed: machine.referenceSpeed,
  })
  return { pipeline: await readDefaultPipeline(name, imageSize), name, reason }
}

/** Adds one evaluation a seed, as many at once as there are cores for; after a failed one none is begun, since it would fail alike. */
async function runSeeds(trial: Trial, runs: TrialRun[], tools: Tools, context: Context): Promise<void> {
  const waiting = seedsOf(trial.options)
  await withTrialProgress(trial, context.terminal, async (track) => {
    const lane = async (): Promise<void> => {
      for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
        const tracker = track(`seed ${seed}`)
        const val = await evaluate(requestOf(trial, seed, tracker.onProgress), tools, context.signal).finally(tracker.finish)
        runs.push({ seed, val, refit: null, test: null })
        if (val.status === 'failed') waiting.length = 0
      }
    }
    await settleAll(Array.from({ length: trial.lanes }, lane))
  })
  runs.sort((a, b) => a.seed - b.seed)
}

/** Waits for all, so that nothing is left running, then throws what the first of them threw. */
async function settleAll(lanes: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(lanes)
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

function seedsOf({ seed, seeds }: TryOptions): number[] {
  return Array.from({ length: seeds }, (_, index) => seed + index)
}
