import { basename, relative, resolve } from 'node:path'
import { foldsOfEvaluation, imageCount } from '../core/dataset.ts'
import type { DatasetFacts } from '../core/dataset.ts'
import { UsageError } from '../core/errors.ts'
import { quoteForShell } from '../core/format.ts'
import type { KeepMode } from '../core/decision.ts'
import type { MetricName } from '../core/outcome.ts'
import { COMPONENTS } from '../core/pipeline.ts'
import type { Component } from '../core/pipeline.ts'
import { planTime } from '../core/plan.ts'
import { planRounds } from '../core/rounds.ts'
import type { TimePlan } from '../core/plan.ts'
import { secondsPerTraining } from '../core/step-budget.ts'
import { runSpecSchema } from '../core/run-spec.ts'
import type { LlmSpec, RunSpec, StrategyName } from '../core/run-spec.ts'
import type { RunState } from '../core/run-state.ts'
import { readCard } from '../dataset/index.ts'
import type { CachedDataset } from '../dataset/index.ts'
import { infoOf, measureMachine } from '../harness/index.ts'
import type { MeasuredMachine } from '../harness/index.ts'
import { findRuns, makeRunFolder, readJournal } from '../journal/index.ts'
import { measuredSets } from '../team/playbook/index.ts'
import { checkMetric, checkTarget } from './check-metric.ts'
import { checkSource, checkWritable, parseGroups } from './check-paths.ts'
import { composeParts } from './compose.ts'
import type { Parts } from './compose.ts'
import type { Context } from './context.ts'
import { workOn } from './run-session.ts'
import { llmSpecOf, readAbout } from './llm-options.ts'
import type { LlmOptions } from './llm-options.ts'
import { stageDataset } from './stage-dataset.ts'
import { withMeasuring } from './measuring.ts'

export type RunOptions = LlmOptions & {
  readonly dataset: string
  readonly time: number
  readonly wall?: number | undefined
  readonly trials?: number | undefined
  readonly trainSeconds?: number | undefined
  readonly target?: number | undefined
  readonly patience: number
  readonly metric: MetricName
  readonly about?: string | undefined
  readonly groups?: string | undefined
  readonly strategy: StrategyName
  readonly pick: 'analyst' | 'round-robin'
  readonly keep: KeepMode
  readonly pin?: readonly Component[] | undefined
  readonly freeze?: readonly Component[] | undefined
  readonly leaveOut?: string | undefined
  readonly repairs: number
  readonly refit?: boolean | undefined
  readonly refitTimes?: number | undefined
  readonly seed: number
  readonly out: string
  readonly unsafeNoSandbox?: true | undefined
  readonly json?: true | undefined
}

/** Below this a refit is worth its time: the images of val are many of all. */
const REFIT_BELOW = 20_000

/** `improve run`: stage the images, write down what was asked, refine. The same command goes on with a run that has not ended. */
export async function startRun(options: RunOptions, context: Context): Promise<boolean> {
  const { terminal, signal } = context
  checkInit(options)
  const llm = await llmSpecOf(options, options.strategy, terminal.cwd)
  checkLeaveOut(options.leaveOut)
  checkTarget(options.target, options.metric)
  const source = checkSource(options.dataset, terminal.cwd)
  const groups = parseGroups(options.groups, terminal.cwd)
  const out = resolve(terminal.cwd, options.out)
  await checkWritable(out)
  const parts = await composeParts(
    context,
    options.unsafeNoSandbox ? 'accepted' : options.llm === undefined ? 'own-code' : 'refuse',
  )
  const started = performance.now()
  const dataset = await stageDataset(context, parts, source, groups)
  checkMetric(options.metric, dataset.facts, true)
  checkRefit(options, dataset.facts)
  const machine = await withMeasuring(terminal, () => measureMachine(parts.python, parts.torchVersion, parts.cache, signal))
  const { spec, plan } = await writeSpec(options, { source, dataset, machine, parts, llm }, context)
  const known = await findUnfinished(out, spec, options)
  const folder = known ?? (await makeRunFolder(out, basename(source), new Date())).folder
  if (known !== null) terminal.note(`going on with ${relative(terminal.cwd, folder)}, which was asked the same`)
  const prepareSeconds = (performance.now() - started) / 1000
  return workOn(
    { folder, spec, plan, dataset, card: await readCard(dataset.folder), parts, prepareSeconds, json: options.json ?? false },
    context,
  )
}

type Staged = {
  readonly source: string
  readonly dataset: CachedDataset
  readonly machine: MeasuredMachine
  readonly parts: Parts
  readonly llm: LlmSpec | null
}

/** What was asked, made definite. */
async function writeSpec(options: RunOptions, staged: Staged, context: Context): Promise<{ spec: RunSpec; plan: TimePlan }> {
  const { dataset, machine, parts, source, llm } = staged
  const { facts } = dataset
  const refit = options.refit ?? (facts.scheme === 'pooled' || imageCount(facts) < REFIT_BELOW)
  const folds = foldsOfEvaluation(facts)
  const info = await infoOf(dataset, folds[0]?.train ?? [], 0, 1, machine)
  const plan = planTime({
    facts,
    timeSeconds: Math.min(options.time, options.wall ?? options.time),
    trainSeconds: options.trainSeconds ?? null,
    trials: options.trials ?? null,
    refit,
    refitTimes: options.refitTimes ?? null,
    rounds: planRounds(folds.length, machine, parts.python.threads).length,
    trainCount: info.trainCount,
    shape: info.typicalShape,
    referenceSpeed: machine.referenceSpeed,
  })
  const trainSeconds = Math.round(plan.trainSeconds * 10) / 10
  checkTime(options, plan, secondsPerTraining(trainSeconds, folds.length))
  const spec: RunSpec = {
    version: 1,
    name: basename(source),
    createdAt: new Date().toISOString(),
    dataset: {
      source,
      groups: options.groups ?? null,
      key: dataset.key,
      contentHash: facts.contentHash,
      scheme: facts.scheme,
      imageCount: imageCount(facts),
      classes: facts.classes,
    },
    about: await readAbout(options.about, context.terminal.cwd),
    metric: options.metric,
    team: llm === null ? 'playbook' : 'llm',
    llm,
    components: chooseComponents(options),
    repairs: llm === null ? 0 : options.repairs,
    strategy: options.strategy,
    pick: options.pick,
    keep: options.keep,
    leaveOut: options.leaveOut ?? null,
    init: options.init,
    seed: options.seed,
    budget: {
      timeSeconds: options.time,
      wallSeconds: options.wall ?? null,
      trials: options.trials ?? null,
      trainSeconds,
      target: options.target ?? null,
      patience: options.patience,
    },
    refit,
    refitTimes: plan.refitTimes,
    machine,
    sandbox: { level: parts.python.sandbox.level, description: parts.python.sandbox.description },
    versions: { improve: context.version, node: process.version, torch: parts.torchVersion },
  }
  return { spec, plan }
}

/** Those that were pinned, or all, without those that were frozen. */
function chooseComponents({ pin = COMPONENTS, freeze = [] }: RunOptions): Component[] {
  const chosen = COMPONENTS.filter((component) => pin.includes(component) && !freeze.includes(component))
  if (chosen.length > 0) return chosen
  throw new UsageError('--pin and --freeze leave no component that may be changed', {
    evidence: [`pinned  ${pin.join(', ')}`, `frozen  ${freeze.join(', ')}`],
    fix: 'freeze fewer',
  })
}

function checkLeaveOut(name: string | undefined): void {
  if (name === undefined || measuredSets().includes(name)) return
  throw new UsageError(`--leave-out ${name}: the playbook has no measurements of that image set`, {
    evidence: [`it has  ${measuredSets().join(', ') || 'none'}`],
    fix: 'name one of these, or leave --leave-out away',
  })
}

/** The playbook's engineers change designs of their own: in files of another hand they have nothing to change. */
function checkInit({ init, llm }: RunOptions): void {
  if (init === 'architect' || init === 'plain' || (llm !== undefined && init === 'step-by-step')) return
  throw new UsageError(`the playbook team cannot refine the files of ${init}: it changes only pipelines that it wrote`, {
    fix: `start from --init architect or --init plain; to score your own files: improve try <dataset> --pipeline ${quoteForShell(init)}`,
  })
}

/** Pooled folds leave five models and no single one to ship. */
function checkRefit({ refit }: RunOptions, { scheme }: DatasetFacts): void {
  if (refit !== false || scheme !== 'pooled') return
  throw new UsageError('--no-refit is not possible with so few images: they are scored by five models, one a fold', {
    fix: 'leave --no-refit away: the refit is the one model that is shipped',
  })
}

/** A time in which nothing could be tried is a mistake to say at once. */
function checkTime({ time, wall }: RunOptions, { proposals, trainSeconds }: TimePlan, secondsEach: number): void {
  if (proposals >= 1) return
  const limit = wall !== undefined && wall < time ? { name: '--wall', seconds: wall } : { name: '--time', seconds: time }
  throw new UsageError(`${limit.name} ${limit.seconds}s leaves no room for a single proposal`, {
    evidence: [
      `one trial trains for ${trainSeconds.toFixed(0)} s (${secondsEach.toFixed(1)} s a fold), and the baseline needs two`,
    ],
    fix: `give more ${limit.name}, or fewer --train-seconds`,
  })
}

/** The newest run that was asked the same and can go on; null when there is none. */
async function findUnfinished(out: string, spec: RunSpec, { trainSeconds, refitTimes }: RunOptions): Promise<string | null> {
  for (const { folder } of await findRuns(out)) {
    const { state } = await readJournal(folder).catch(() => ({ state: null }))
    if (state?.spec == null || state.finished !== null || hasFailedBaseline(state)) continue
    if (trainSeconds !== undefined && state.spec.budget.trainSeconds !== spec.budget.trainSeconds) continue
    if (refitTimes !== undefined && state.spec.refitTimes !== spec.refitTimes) continue
    if (identityOf(state.spec) === identityOf(spec)) return folder
  }
  return null
}

/** How often the Architect is asked before nothing comes of it. */
const ARCHITECT_CALLS = 3

/** Such a run has nothing to go on from: asked again, it would only recall the failure. */
function hasFailedBaseline({ trials, calls }: RunState): boolean {
  if (trials.length === 0) return calls.length >= ARCHITECT_CALLS
  return trials[0]?.evaluations.some(({ finished }) => finished?.outcome.status === 'failed') ?? false
}

/** When it was asked, what the machine measured, and what follows from that: two commands may differ in these and mean the same run. */
const NOT_ASKED: readonly string[] = ['createdAt', 'machine', 'sandbox', 'versions', 'refitTimes'] satisfies (keyof RunSpec)[]

/** What two commands must share to mean the same run, in the order of the schema, as a spec is that was read back. */
function identityOf(spec: RunSpec): string {
  const asked = Object.entries(runSpecSchema.parse(spec)).filter(([name]) => !NOT_ASKED.includes(name))
  return JSON.stringify({ ...Object.fromEntries(asked), budget: { ...spec.budget, trainSeconds: null } })
}
