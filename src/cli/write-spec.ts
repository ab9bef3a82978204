import { basename } from 'node:path'
import { foldsOfEvaluation, imageCount } from '../core/dataset.ts'
import type { KeepMode } from '../core/decision.ts'
import { UsageError } from '../core/errors.ts'
import type { MetricName } from '../core/outcome.ts'
import { COMPONENTS } from '../core/pipeline.ts'
import type { Component } from '../core/pipeline.ts'
import { planTime } from '../core/plan.ts'
import type { TimePlan } from '../core/plan.ts'
import { planRounds } from '../core/rounds.ts'
import type { LlmSpec, RunSpec, StrategyName } from '../core/run-spec.ts'
import { secondsPerTraining } from '../core/step-budget.ts'
import type { CachedDataset } from '../dataset/index.ts'
import { infoOf } from '../harness/index.ts'
import type { MeasuredMachine } from '../harness/index.ts'
import type { Parts } from './compose.ts'
import type { Context } from './context.ts'
import { readAbout } from './llm-options.ts'
import type { LlmOptions } from './llm-options.ts'

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
  /** Independent answers of zero-shot. */
  readonly bestOf?: number | undefined
  readonly preset?: 'paper' | undefined
  readonly refit?: boolean | undefined
  readonly refitTimes?: number | undefined
  readonly seed: number
  readonly out: string
  readonly unsafeNoSandbox?: true | undefined
  readonly json?: true | undefined
}

/** Below this a refit is worth its time: the images of val are many of all. */
const REFIT_BELOW = 20_000

/** What is known of images and machine when the spec is written. */
export type Staged = {
  readonly source: string
  readonly dataset: CachedDataset
  readonly machine: MeasuredMachine
  readonly parts: Parts
  readonly llm: LlmSpec | null
}

/** What was asked, made definite. */
export async function writeSpec(options: RunOptions, staged: Staged, context: Context): Promise<{ spec: RunSpec; plan: TimePlan }> {
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

/** A time in which nothing could be tried is a mistake to say at once. */
function checkTime({ time, wall, trials }: RunOptions, { proposals, trainSeconds }: TimePlan, secondsEach: number): void {
  if (proposals >= 1 || trials === 0) return
  const limit = wall !== undefined && wall < time ? { name: '--wall', seconds: wall } : { name: '--time', seconds: time }
  throw new UsageError(`${limit.name} ${limit.seconds}s leaves no room for a single proposal`, {
    evidence: [
      `one trial trains for ${trainSeconds.toFixed(0)} s (${secondsEach.toFixed(1)} s a fold), and the baseline needs two`,
    ],
    fix: `give more ${limit.name}, or fewer --train-seconds`,
  })
}
