import { basename, resolve } from 'node:path'
import { testCount } from '../core/dataset.ts'
import { UsageError } from '../core/errors.ts'
import type { MetricName } from '../core/outcome.ts'
import { readCard } from '../dataset/index.ts'
import { makePlaybookTeam } from '../team/playbook/index.ts'
import type { CachedDataset } from '../dataset/index.ts'
import { evaluate, measureMachine, readPipelineFolder } from '../harness/index.ts'
import type { Tools } from '../harness/index.ts'
import { makeBrief } from './brief.ts'
import type { BriefFacts } from './brief.ts'
import { checkMetric } from './check-metric.ts'
import { checkOutOfReach, checkSource, checkWritable, parseGroups } from './check-paths.ts'
import { composeParts } from './compose.ts'
import type { Context } from './context.ts'
import { makeArtefacts, openTest, requestOf, writeBest } from './finish-trial.ts'
import { withMeasuring } from './measuring.ts'
import { inLanes } from './in-lanes.ts'
import { showPlan } from './plan-text.ts'
import { withTrialProgress } from './trial-progress.ts'
import { makeResultFolder } from './result-folder.ts'
import { stageDataset } from './stage-dataset.ts'
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
  /** Whether one more model, trained on all images but test, is what is shipped and meets the test; pooled folds always need it. */
  readonly refit?: true | undefined
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
  checkMetric(options.metric, dataset.facts, options.openTest === true)
  const machine = await withMeasuring(terminal, () => measureMachine(parts.python, parts.torchVersion, parts.cache, signal))
  const card = await readCard(dataset.folder)
  const chosen =
    own === null
      ? await design(options, { dataset, card, machine, cores: threads }, signal)
      : { pipeline: own, name: options.pipeline ?? '', reason: 'your --pipeline' }
  const folder = await makeResultFolder(resolve(terminal.cwd, options.out), basename(source), new Date())
  const trial: Trial = {
    options,
    source,
    dataset,
    card,
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

function checkTest({ openTest: wanted }: TryOptions, { facts }: CachedDataset): void {
  if (wanted && testCount(facts) === 0) {
    throw new UsageError(
      'this dataset has no sealed test to open: some class has too few images',
      { fix: 'leave --open-test away, or give each class at least 4 images that are not copies' },
      'dataset',
    )
  }
}

/** Pipeline 0 of the playbook's Architect. */
async function design(
  { seconds, metric, seed }: TryOptions,
  facts: Pick<BriefFacts, 'dataset' | 'card' | 'machine' | 'cores'>,
  signal: AbortSignal,
): Promise<Trial['chosen']> {
  const brief = await makeBrief({ ...facts, about: null, metric, trainSeconds: seconds, seed })
  const { pipeline, design: reason } = await makePlaybookTeam().architect(brief, signal)
  return { pipeline, name: 'playbook', reason }
}

/** Adds one evaluation a seed, as many at once as there are cores for; after a failed one none is begun, since it would fail alike. */
async function runSeeds(trial: Trial, runs: TrialRun[], tools: Tools, context: Context): Promise<void> {
  await withTrialProgress(trial, context.terminal, (track) =>
    inLanes(
      seedsOf(trial.options),
      trial.lanes,
      async (seed) => {
        const tracker = track(`seed ${seed}`)
        const val = await evaluate(requestOf(trial, seed, tracker.onProgress), tools, context.signal).finally(tracker.finish)
        runs.push({ seed, val, refit: null, test: null })
        return val
      },
      (val) => val.status === 'failed',
    ),
  ).finally(() => runs.sort((a, b) => a.seed - b.seed))
}

function seedsOf({ seed, seeds }: TryOptions): number[] {
  return Array.from({ length: seeds }, (_, index) => seed + index)
}
