import type { Readable } from 'node:stream'
import * as z from 'zod'
import { PROBES } from '../core/evaluation.ts'
import { printable } from '../core/names.ts'
import { FAILURE_KINDS, METRIC_NAMES, STAGES } from '../core/outcome.ts'

/** The wire format of harness processes, as `improve_harness/protocol.py` writes it. */

export type HarnessMode = 'prepare' | 'machine' | 'train' | 'predict' | 'score' | 'classify'

/** A longer line is refused, so that a flood cannot fill the host's memory. */
const MAX_LINE_BYTES = 4 << 20
/** All events of one process together. */
const MAX_STREAM_BYTES = 64 << 20
/** Characters of one line of evidence: a sentence of the static check with its file, line and remedy fits. */
const MAX_EVIDENCE_LENGTH = 400

const number = z.number()
const measured = z.number().nullish()
const positive = z.number().positive()
const share = z.number().min(0).max(1)
const estimate = z.object({ value: number, low: number, high: number })

const metrics = z.object({
  n: z.number().int().positive(),
  classCount: z.number().int().min(2),
  metric: z.enum(METRIC_NAMES),
  chosen: estimate,
  accuracy: estimate,
  balancedAccuracy: share,
  macroF1: share,
  logLoss: number,
  auc: share.nullable(),
  topK: z.object({ k: z.number().int(), value: share }),
  calibrationError: share,
  perClass: z.array(z.object({ count: number, recall: number, precision: number })),
  confusions: z.array(z.tuple([number, number, number])),
  independence: z.object({ checked: number, agreement: number, maxDifference: number }),
})

const failed = z.object({
  type: z.literal('failed'),
  stage: z.string().transform((stage) => STAGES.find((known) => known === stage) ?? null),
  kind: z.string(),
  message: z.string().transform((text) => printable(text, 1000)),
  evidence: z.array(z.string().transform((text) => printable(text, MAX_EVIDENCE_LENGTH))).nullish(),
  fix: z.string().nullish(),
})

const count = z.number().int().nonnegative()
const probe = z.object({ n: count, right: count, same: count, confidence: share })

const devReport = z.object({
  n: count,
  right: count,
  loss: number,
  perClass: z.array(z.object({ count, right: count })),
  confusions: z.array(z.tuple([count, count, count])),
  probes: z.record(z.enum(PROBES), probe).nullable(),
})

const ready = z.object({ type: z.literal('process.ready') })
/** Of a process that was started before its job was known: it has imported what it needs. */
const warm = z.object({ type: z.literal('process.warm') })

const eventSchemas = {
  prepare: z.discriminatedUnion('type', [
    z.object({ type: z.literal('prepare.progress'), phase: z.string(), done: number, total: number.nullable() }),
    z.object({ type: z.literal('prepare.finished') }),
    failed,
  ]),
  machine: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('machine.measured'),
      threads: z.number().int().positive(),
      dtype: z.enum(['float32', 'bfloat16', 'float16']),
      channelsLast: z.boolean(),
      device: z.string(),
      /** Images per second of the reference net in training, with the variant chosen. */
      referenceSpeed: positive,
      rates: z.array(z.object({ threads: number, dtype: z.string(), channelsLast: z.boolean(), imagesPerSecond: number })),
      torchVersion: z.string(),
    }),
    failed,
  ]),
  train: z.discriminatedUnion('type', [
    warm,
    ready,
    z.object({ type: z.literal('check.passed') }),
    z.object({
      type: z.literal('smoke.passed'),
      imagesPerSecond: positive,
      cpuSecondsPerImage: positive.nullish().transform((value) => value ?? null),
      batchSize: z.number().int().positive(),
      /** Of the seconds of a step, what went to data. */
      dataShare: z
        .number()
        .nonnegative()
        .nullish()
        .transform((value) => (value == null ? null : Math.min(1, value))),
      peakMemoryBytes: measured,
      parameterCount: measured,
      firstLoss: measured,
      expectedLoss: measured,
    }),
    z.object({ type: z.literal('train.step'), step: z.number().int().positive() }),
    z.object({
      type: z.literal('train.progress'),
      fraction: share,
      runningLoss: measured,
      trainLoss: measured,
      trainAccuracy: measured,
      devLoss: measured,
      devAccuracy: measured,
      imageCount: measured,
    }),
    z.object({ type: z.literal('train.dev'), report: devReport }),
    z.object({
      type: z.literal('train.finished'),
      steps: z.number().int().positive(),
      trainSeconds: number,
      cpuSeconds: measured,
      peakMemoryBytes: measured,
      parameterCount: measured,
      batchSize: z.number().int().positive(),
    }),
    failed,
  ]),
  predict: z.discriminatedUnion('type', [
    warm,
    ready,
    z.object({ type: z.literal('predict.progress'), done: number, total: number }),
    z.object({ type: z.literal('predict.finished') }),
    failed,
  ]),
  score: z.discriminatedUnion('type', [z.object({ type: z.literal('score.finished'), result: metrics }), failed]),
  classify: z.discriminatedUnion('type', [
    ready,
    z.object({ type: z.literal('classify.progress'), done: count }),
    z.object({ type: z.literal('classify.refused'), row: count, reason: z.string().transform((text) => printable(text)) }),
    z.object({ type: z.literal('classify.finished'), greyed: count, squashed: count }),
    failed,
  ]),
} as const

export type HarnessEvent<M extends HarnessMode> = z.infer<(typeof eventSchemas)[M]>
export type FailedEvent = z.infer<typeof failed>

/** The kind of a failure as an outcome knows it; a kind of another world counts as an exception. */
export function failureKind(kind: string): (typeof FAILURE_KINDS)[number] {
  return FAILURE_KINDS.find((known) => known === kind) ?? 'exception'
}

/** A line on the event channel that is no event of this process: garbage, a forgery or a flood. */
export class BadEvent extends Error {}

/** The events of a process, each checked; throws `BadEvent` at the first line that `mode` has no right to write. */
export async function* readEvents<M extends HarnessMode>(mode: M, stream: Readable): AsyncGenerator<HarnessEvent<M>> {
  for await (const line of splitLines(stream)) yield parseEvent(mode, line)
}

export function parseEvent<M extends HarnessMode>(mode: M, line: string): HarnessEvent<M> {
  const parsed = eventSchemas[mode].safeParse(parseJson(line))
  if (parsed.success) return parsed.data as HarnessEvent<M>
  throw new BadEvent(`${mode} wrote a line to the event channel that is no event of it: ${printable(line, 120)}`)
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

async function* splitLines(stream: Readable): AsyncGenerator<string> {
  let pending: Buffer[] = []
  let pendingBytes = 0
  let total = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    total += chunk.length
    if (total > MAX_STREAM_BYTES) throw new BadEvent(`the process wrote more than ${MAX_STREAM_BYTES >> 20} MiB of events`)
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const line = Buffer.concat([...pending, chunk.subarray(start, end)]).toString('utf8')
      pending = []
      pendingBytes = 0
      start = end + 1
      if (line.trim() !== '') yield line
    }
    pending.push(chunk.subarray(start))
    pendingBytes += chunk.length - start
    if (pendingBytes > MAX_LINE_BYTES) throw new BadEvent(`the process wrote an event longer than ${MAX_LINE_BYTES >> 20} MiB`)
  }
  const rest = Buffer.concat(pending).toString('utf8')
  if (rest.trim() !== '') throw new BadEvent(`the process ended within an event: ${printable(rest, 120)}`)
}
