import * as z from 'zod'
import { KEEP_MODES } from './decision.ts'
import { LLM_ROLES } from './language-model.ts'
import { METRIC_NAMES } from './outcome.ts'
import { COMPONENTS } from './pipeline.ts'

export const STRATEGY_NAMES = ['iterative', 'random', 'all-at-once', 'single-role', 'zero-shot'] as const
export type StrategyName = (typeof STRATEGY_NAMES)[number]

/** Which language models play the team, and how far they may go. */
const llmSpecSchema = z.object({
  /** Names such as "openai:MODEL"; a role without one of its own has `model`. `baseUrl` is the address of an endpoint, or null. */
  models: z.object({ model: z.string(), roles: z.partialRecord(z.enum(LLM_ROLES), z.string()), baseUrl: z.string().nullable() }),
  timeoutSeconds: z.number().positive(),
  maxUsd: z.number().positive().nullable(),
  maxTokens: z.number().int().positive().nullable(),
  /** Who goes on when the provider is gone; null: the run pauses. */
  fallback: z.enum(['playbook']).nullable(),
  /** A run folder whose recorded answers are given again, without a network. */
  replay: z.string().nullable(),
  /** Whether the team is told what the images are; without is an ablation. */
  datasetInfo: z.boolean(),
  /** Whether the three files of pipeline 0 are written one after another; an ablation. */
  initStepByStep: z.boolean(),
  /** Whether a model sums up the past in the place of our own lines; an ablation. */
  historian: z.boolean(),
})
export type LlmSpec = Readonly<z.infer<typeof llmSpecSchema>>

/** What a run was asked to do and on what; the file `run.json`, written once. */
export const runSpecSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  createdAt: z.string(),
  dataset: z.object({
    source: z.string(),
    groups: z.string().nullable(),
    key: z.string(),
    contentHash: z.string(),
    scheme: z.enum(['fixed', 'rotating', 'pooled']),
    imageCount: z.number(),
    classes: z.array(z.string()),
  }),
  /** What the user says of the images. */
  about: z.string().nullable(),
  metric: z.enum(METRIC_NAMES),
  team: z.string(),
  llm: llmSpecSchema.nullable().default(null),
  strategy: z.enum(STRATEGY_NAMES),
  pick: z.enum(['analyst', 'round-robin']),
  /** Components that may be changed. */
  components: z.array(z.enum(COMPONENTS)).default([...COMPONENTS]),
  keep: z.enum(KEEP_MODES),
  /** How often a pipeline that failed goes back to its author. */
  repairs: z.number().int().min(0).default(0),
  /** An image set whose stored measurements the team does without, so that it can be judged on that set. */
  leaveOut: z.string().nullable().default(null),
  /** Where pipeline 0 comes from: the Architect, the plain tutorial pipeline, or a folder of the user's. */
  init: z.string(),
  seed: z.number().int(),
  budget: z.object({
    /** Active seconds from prepare to the end. */
    timeSeconds: z.number().positive(),
    wallSeconds: z.number().positive().nullable(),
    trials: z.number().int().nonnegative().nullable(),
    /** Wall seconds of training in one evaluation, all folds together. */
    trainSeconds: z.number().positive(),
    /** The metric on val at which the run may end, in its unit. */
    target: z.number().nullable(),
    /** Rejections in a row after which the run is on a plateau. */
    patience: z.number().int().positive(),
  }),
  refit: z.boolean(),
  /** A refit makes so many times the steps of a scored training. */
  refitTimes: z.number().min(1).default(1),
  machine: z.object({
    device: z.string(),
    threads: z.number(),
    dtype: z.enum(['float32', 'bfloat16', 'float16']),
    channelsLast: z.boolean(),
    referenceSpeed: z.number(),
    /** All ways that were measured: how trainings share the machine follows from them. */
    rates: z
      .array(z.object({ threads: z.number(), dtype: z.string(), channelsLast: z.boolean(), imagesPerSecond: z.number() }))
      .optional(),
  }),
  sandbox: z.object({ level: z.number(), description: z.string() }),
  versions: z.object({ improve: z.string(), node: z.string(), torch: z.string() }),
})

export type RunSpec = Readonly<z.infer<typeof runSpecSchema>>
