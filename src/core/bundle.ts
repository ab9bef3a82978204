import * as z from 'zod'
import { METRIC_NAMES } from './outcome.ts'
import type { Metrics } from './outcome.ts'

/** A bundle is a folder with a trained classifier and everything that predicting needs: what `best/` of a run holds. */

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const size = z.number().int().positive()
const pair = z.tuple([size, size])
const estimate = z.object({ value: z.number(), low: z.number(), high: z.number() })

/** The files of a bundle beside `bundle.json` and `README.md`. */
export const BUNDLE_FILES = ['weights.safetensors', 'pipeline/data.py', 'pipeline/model.py', 'pipeline/training.py'] as const

/** What was measured on one split, with how many images. */
const figure = z.object({
  split: z.enum(['val', 'test']),
  n: z.number().int().positive(),
  metric: z.enum(METRIC_NAMES),
  chosen: estimate,
  accuracy: estimate,
  /** Whether these very weights were scored, or the same pipeline trained on fewer images. */
  weights: z.enum(['these', 'before the refit']),
})

/** Who wrote the pipeline: code of `user` and `llm` is never run without a sandbox unasked. */
const ORIGINS = ['improve', 'user', 'llm'] as const

/** The file `bundle.json`. */
export const bundleSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  createdAt: z.string(),
  /** In the order of the logits; as the folders of the dataset were called. */
  classes: z.array(z.string()).min(2),
  channels: z.union([z.literal(1), z.literal(3)]),
  /** Short side in pixels to which larger pictures are shrunk; null: none is. */
  edge: size.nullable(),
  /** [height, width] of what the model sees. */
  inputSize: pair,
  /** What the pipeline was told when it was trained: with anything else it may build another model. */
  info: z.object({
    classes: z.array(z.string()).min(2),
    channels: z.union([z.literal(1), z.literal(3)]),
    uniformShape: pair.nullable(),
    typicalShape: z.tuple([z.number(), z.number()]),
    mean: z.array(z.number()),
    std: z.array(z.number()),
    classCounts: z.array(z.number()),
    trainCount: z.number(),
    trainSeconds: z.number(),
    referenceSpeed: z.number(),
  }),
  /** The machine that trained. */
  machine: z.object({
    device: z.string(),
    threads: z.number().int().positive(),
    dtype: z.enum(['float32', 'bfloat16', 'float16']),
    channelsLast: z.boolean(),
    referenceSpeed: z.number(),
  }),
  seed: z.number().int().nonnegative(),
  steps: z.number().int().positive(),
  weights: z.enum(['refit', 'as scored']),
  figures: z.array(figure),
  origin: z.enum(ORIGINS),
  versions: z.object({ improve: z.string(), torch: z.string() }),
  /** SHA-256 by name. */
  files: z.object({ [BUNDLE_FILES[0]]: sha256, [BUNDLE_FILES[1]]: sha256, [BUNDLE_FILES[2]]: sha256, [BUNDLE_FILES[3]]: sha256 }),
})

export type BundleFacts = Readonly<z.infer<typeof bundleSchema>>
export type BundleFigure = Readonly<z.infer<typeof figure>>
export type PipelineOrigin = (typeof ORIGINS)[number]

/** The figure of a split for a bundle with these weights: val is measured before a refit, test after it. */
export function figureOf(split: 'val' | 'test', metrics: Metrics, weights: BundleFacts['weights']): BundleFigure {
  const { n, metric, chosen, accuracy } = metrics
  return { split, n, metric, chosen, accuracy, weights: split === 'val' && weights === 'refit' ? 'before the refit' : 'these' }
}

/** [height, width] that data.py gives as IMAGE_SIZE, whose form the static check has seen to. */
export function inputSizeOf(data: string): [number, number] {
  const assigned = [...data.matchAll(/^IMAGE_SIZE\s*(?::[^=\n]*)?=\s*(?:(\d[\d_]*)|\(\s*(\d[\d_]*)\s*,\s*(\d[\d_]*)\s*,?\s*\))/gm)]
  const [, side, height, width] = assigned.at(-1) ?? []
  const numbers = [height ?? side, width ?? side].map((text) => Number(text?.replaceAll('_', '')))
  const [rows = Number.NaN, columns = Number.NaN] = numbers
  if (Number.isNaN(rows + columns))
    throw new Error('data.py has no line "IMAGE_SIZE = <number>" or "IMAGE_SIZE = (<height>, <width>)"')
  return [rows, columns]
}
