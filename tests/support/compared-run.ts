import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { CallCost } from '../../src/core/language-model.ts'
import type { RunEvent, StampedEvent } from '../../src/core/run-events.ts'
import type { LlmSpec, RunSpec } from '../../src/core/run-spec.ts'
import type { ComparedRun } from '../../src/core/compare-runs-groups.ts'
import { openJournal, runFolder } from '../../src/journal/index.ts'
import { fold } from '../../src/journal/state.ts'
import {
  begun,
  decided,
  ended,
  failed,
  opening,
  proposed,
  recordOf,
  sampleChange,
  sampleDecision,
  sampleHashes,
  scored,
} from './sample-run.ts'

/** Runs that never took place, with the seconds at which things happened, for comparisons. */

export type Told = {
  readonly spec?: Partial<RunSpec>
  /** First scores on val of baseline and proposals, null for one that failed; a kept one is marked. */
  readonly baseline: number
  readonly proposals: readonly Proposed[]
  /** Baseline and final on the sealed test, or null for a run that is not finished. */
  readonly test: readonly [number, number] | null
}

export type Proposed = {
  readonly val: number | null
  readonly isKept?: boolean
  readonly component?: 'data' | 'model' | 'training'
  /** Failed once and was mended. */
  readonly isRepaired?: boolean
  readonly calls?: readonly Partial<CallCost>[]
  /** What happened before it was proposed. */
  readonly before?: readonly RunEvent[]
}

export type TimedEvent = { readonly seconds: number; readonly event: RunEvent }

/** Seconds of work of one proposal, and of the baseline. */
export const SECONDS_EACH = 100

/** The events of such a run: a decision every 100 seconds, the baseline's score at second 100. */
export function tellRun({ spec = {}, baseline, proposals, test }: Told): TimedEvent[] {
  const start = opening(baseline, spec).map((event, index) => ({ seconds: index === 3 ? SECONDS_EACH : 0, event }))
  const sign = spec.metric === 'log-loss' ? -1 : 1
  const middle = proposals.flatMap((each, index) =>
    proposalEvents(index + 1, each, sign * ((each.val ?? 0) - baseline)).map((event) => ({
      seconds: (index + 2) * SECONDS_EACH,
      event,
    })),
  )
  const best = proposals.findLastIndex(({ isKept }) => isKept === true) + 1
  const end = (proposals.length + 1) * SECONDS_EACH
  const finish = test === null ? [] : finishEvents(best, test, sign)
  return [...start, ...middle, ...finish.map((event, index) => ({ seconds: index === 0 ? end : end + 50, event }))]
}

function proposalEvents(
  trial: number,
  { val, isKept = false, component = 'training', isRepaired = false, calls = [], before = [] }: Proposed,
  delta: number,
) {
  const changes = [sampleChange({ component })]
  const first = proposed(trial, 0) as Extract<RunEvent, { type: 'trial.proposed' }>
  const mended: RunEvent[] = [
    begun(trial),
    ended(trial, failed),
    { type: 'trial.repaired', trial, changes, pipeline: sampleHashes(trial), teamSeconds: 1 },
  ]
  const comparison = { ...sampleDecision('kept').comparison!, delta }
  const decision = sampleDecision(
    isKept ? 'kept' : 'rejected',
    val === null ? { stage: 'failed', comparison: null } : { comparison },
  )
  return [
    ...before,
    ...calls.map((cost): RunEvent => ({ type: 'llm.answered', cost: sampleCall({ trial, ...cost }) })),
    { ...first, changes, diagnosis: { ...first.diagnosis!, component } },
    ...(isRepaired ? mended : []),
    begun(trial),
    ended(trial, val === null ? failed : scored(val)),
    { ...decided(trial, isKept ? 'kept' : 'rejected'), decision } as RunEvent,
  ]
}

function finishEvents(best: number, [before, after]: readonly [number, number], sign: number): RunEvent[] {
  const scoreOf = (trial: number, value: number): RunEvent => ({
    type: 'test.scored',
    trial,
    artefact: 'refit',
    record: recordOf(trial, 9, `test/${trial}`),
    outcome: scored(value, 'test', 656),
  })
  const [delta, reach] = [sign * (after - before), 0.012]
  const comparison = { ...sampleDecision('kept').comparison!, delta, low: delta - reach, high: delta + reach }
  const both: RunEvent[] = [scoreOf(0, before), scoreOf(best, after), { type: 'test.compared', comparison, reason: 'compared' }]
  return [
    { type: 'search.ended', reason: 'plateau', best },
    { type: 'refit.finished', trial: best, record: recordOf(best, 9, 'refit'), steps: 1500, trainSeconds: 30, cpuSeconds: 60 },
    { type: 'test.opened', trials: best === 0 ? [0] : [0, best], openings: 1 },
    ...(best === 0 ? [scoreOf(0, before)] : both),
    { type: 'run.finished', reason: 'plateau', best },
  ]
}

export const sampleCall = (more: Partial<CallCost> = {}): CallCost => ({
  role: 'analyst',
  trial: 1,
  model: 'openai:big',
  inputTokens: 5000,
  cachedInputTokens: 0,
  outputTokens: 1000,
  reasoningTokens: null,
  usd: 0.05,
  seconds: 4,
  attempts: 1,
  exchange: 'llm/0001.json',
  isReplayed: false,
  ...more,
})

export const sampleLlm = (more: Partial<LlmSpec> = {}): LlmSpec => ({
  models: { model: 'openai:big', roles: {}, baseUrl: null },
  timeoutSeconds: 900,
  maxUsd: null,
  maxTokens: null,
  fallback: null,
  replay: null,
  datasetInfo: true,
  initStepByStep: false,
  historian: false,
  ...more,
})

/** The run as a comparison reads it, without a folder. */
export function comparedRun(name: string, told: Told): ComparedRun {
  const events = stampTimed(tellRun(told))
  const state = fold(events)
  if (state.spec === null) throw new Error('the run has not begun')
  return { name, spec: state.spec, state, events }
}

export function stampTimed(timed: readonly TimedEvent[]): StampedEvent[] {
  return timed.map(({ event, seconds }, seq) => ({ ...event, seq, at: '2026-11-23T06:00:00.000Z', activeSeconds: seconds }))
}

/** Writes the journal of a run into a folder `improve-runs` of the parent. */
export async function writeComparedRun(parent: string, name: string, told: Told): Promise<void> {
  const { folder } = runFolder(join(parent, 'improve-runs', name))
  await mkdir(folder, { recursive: true })
  let now = 0
  const clock = { now: () => new Date('2026-11-23T06:00:00Z'), monotonicSeconds: () => now }
  const journal = await openJournal(folder, { onNote: () => {}, clock })
  for (const { seconds, event } of tellRun(told)) {
    now = seconds
    await journal.append(event)
  }
  await journal.close()
}
