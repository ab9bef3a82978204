import * as z from 'zod'
import { KEEP_MODES } from './decision.ts'
import { LLM_ROLES } from './language-model.ts'
import { FAILURE_KINDS, STAGES } from './outcome.ts'
import { COMPONENTS } from './pipeline.ts'
import { runSpecSchema } from './run-spec.ts'

/** The events of a run's journal. State is a fold over them; big things are files that an event names. */

const count = z.number().int().nonnegative()
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const estimate = z.object({ value: z.number(), low: z.number(), high: z.number() })

const diagnosis = z.object({
  diagnosis: z.string(),
  bottleneck: z.string(),
  component: z.enum(COMPONENTS),
  task: z.string(),
  predictedGain: z.number(),
})

const change = z.object({
  component: z.enum(COMPONENTS),
  title: z.string(),
  kind: z.string(),
  rationale: z.string(),
  fingerprint: z.string(),
  labelSafety: z.string().nullable(),
})

const comparison = z.object({
  delta: z.number(),
  standardError: z.number(),
  z: z.number(),
  low: z.number(),
  high: z.number(),
  newlyRight: count,
  newlyWrong: count,
  images: count,
  seeds: z.object({ candidate: count, best: count }),
  seedDeviation: z.number(),
  disagreement: z.number(),
})

const decision = z.object({
  verdict: z.enum(['kept', 'rejected']),
  label: z.enum(['confirmed', 'unproven', 'simpler']).nullable(),
  mode: z.enum(KEEP_MODES),
  stage: z.enum(['failed', 'screen', 'confirm']),
  comparison: comparison.nullable(),
  reason: z.string(),
})

/** What an outcome came to, small enough for a line; the whole outcome lies in `outcome.json` of the evaluation's folder. */
const outcomeSummary = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('scored'),
    split: z.enum(['val', 'test']),
    chosen: estimate,
    accuracy: estimate,
    n: count,
    steps: count,
    trainSeconds: z.number(),
    cpuSeconds: z.number(),
    /** Wall seconds of all stages. */
    seconds: z.number(),
    imagesPerSecond: z.number(),
    cpuSecondsPerImage: z.number().nullable().default(null),
    parameterCount: count,
  }),
  z.object({
    status: z.literal('failed'),
    stage: z.enum(STAGES),
    kind: z.enum(FAILURE_KINDS),
    message: z.string(),
    evidence: z.array(z.string()).default([]),
    seconds: z.number(),
  }),
])

const evaluationRecord = z.object({
  trial: count,
  repeat: count,
  seed: count,
  folder: z.string(),
  files: z.record(z.string(), sha256),
})

const tokens = count.nullable()

const callCost = z.object({
  role: z.enum(LLM_ROLES),
  trial: count,
  model: z.string(),
  inputTokens: tokens,
  cachedInputTokens: tokens,
  outputTokens: tokens,
  reasoningTokens: tokens,
  usd: z.number().nonnegative().nullable(),
  seconds: z.number(),
  attempts: count,
  exchange: z.string(),
  isReplayed: z.boolean(),
})

/** Trial 0 is the baseline; `base` is the trial whose pipeline was changed. */
const runEventSchemas = [
  z.object({ type: z.literal('run.started'), spec: runSpecSchema }),
  z.object({ type: z.literal('run.resumed') }),
  z.object({ type: z.literal('run.interrupted'), reason: z.string() }),
  z.object({
    type: z.literal('trial.proposed'),
    trial: count,
    base: count.nullable(),
    diagnosis: diagnosis.nullable(),
    changes: z.array(change),
    /** Of each file of the pipeline. */
    pipeline: z.record(z.enum(COMPONENTS), sha256),
    /** Seconds that the team took. */
    teamSeconds: z.number(),
    /** Why nothing could be made of the team's replies; then the trial changes nothing and is not trained. */
    refusal: z.string().nullable().default(null),
  }),
  /** The author mended what failed: from here on the trial is the pipeline named, and not evaluated yet. */
  z.object({
    type: z.literal('trial.repaired'),
    trial: count,
    changes: z.array(change),
    pipeline: z.record(z.enum(COMPONENTS), sha256),
    teamSeconds: z.number(),
  }),
  /** A language model answered. */
  z.object({ type: z.literal('llm.answered'), cost: callCost }),
  /** The provider of the language model is gone, and another team goes on until the run is started again. */
  z.object({ type: z.literal('team.replaced'), by: z.string(), reason: z.string() }),
  /** The user said something to the team. */
  z.object({ type: z.literal('hint.given'), text: z.string() }),
  z.object({ type: z.literal('evaluation.started'), trial: count, repeat: count, seed: count, attempt: count }),
  z.object({ type: z.literal('evaluation.finished'), record: evaluationRecord, outcome: outcomeSummary }),
  z.object({ type: z.literal('trial.decided'), trial: count, decision, lesson: z.string() }),
  z.object({ type: z.literal('search.ended'), reason: z.string(), best: count }),
  z.object({
    type: z.literal('refit.finished'),
    trial: count,
    record: evaluationRecord,
    steps: count,
    trainSeconds: z.number(),
    cpuSeconds: z.number(),
  }),
  z.object({ type: z.literal('test.opened'), trials: z.array(count), openings: count }),
  z.object({
    type: z.literal('test.scored'),
    trial: count,
    artefact: z.enum(['refit', 'as scored']),
    record: evaluationRecord,
    outcome: outcomeSummary,
  }),
  z.object({ type: z.literal('test.compared'), comparison, reason: z.string() }),
  z.object({ type: z.literal('run.finished'), reason: z.string(), best: count }),
] as const

export const runEventSchema = z.discriminatedUnion('type', runEventSchemas)
export type RunEvent = z.infer<typeof runEventSchema>
export type OutcomeSummary = z.infer<typeof outcomeSummary>
export type FailedSummary = Extract<OutcomeSummary, { status: 'failed' }>
export type ChangeSummary = z.infer<typeof change>

/** An event as it stands in the journal. */
export type StampedEvent = RunEvent & {
  readonly seq: number
  /** ISO time. */
  readonly at: string
  /** Seconds of work of all sessions of the run so far, waits for a provider left out. */
  readonly activeSeconds: number
}
