import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { foldsOfEvaluation, partFacts } from '../core/dataset.ts'
import { ExternalError } from '../core/errors.ts'
import type { ImageResults } from '../core/evaluation.ts'
import type { MetricName } from '../core/outcome.ts'
import type { StagedDataset } from '../dataset/index.ts'
import { evaluationLayout } from './evaluation-folder.ts'

/** Label, predicted class and log loss of each image. */
const FIELDS = 3
const FLOAT_BYTES = 4

/** What `score` wrote of each image of `val` in the folder of an evaluation; logits come along where the metric ranks by them. */
export function readImageResults(
  folder: string,
  dataset: StagedDataset,
  repeat: number,
  metric: MetricName,
): Promise<ImageResults> {
  const parts = foldsOfEvaluation(dataset.facts, repeat).map((fold) => fold.val)
  return read(folder, dataset, { split: 'val', parts, metric })
}

/** The same of the sealed test. */
export function readTestResults(folder: string, dataset: StagedDataset, metric: MetricName): Promise<ImageResults> {
  return read(folder, dataset, { split: 'test', parts: ['test'], metric })
}

type Wanted = { readonly split: 'val' | 'test'; readonly parts: readonly string[]; readonly metric: MetricName }

async function read(folder: string, { facts }: StagedDataset, { split, parts, metric }: Wanted): Promise<ImageResults> {
  const counts = parts.map((part) => partFacts(facts, part).count)
  const count = counts.reduce((total, value) => total + value, 0)
  const classCount = facts.classes.length
  const perImage = await readFloats(evaluationLayout.perImage(folder, split), count * FIELDS)
  const field = (offset: number) => (_: unknown, image: number) => perImage[image * FIELDS + offset] ?? 0
  return {
    parts,
    labels: Int32Array.from({ length: count }, field(0)),
    predicted: Int32Array.from({ length: count }, field(1)),
    losses: Float32Array.from({ length: count }, field(2)),
    logits: metric === 'auc' ? await readLogits(folder, parts, counts, classCount) : null,
    classCount,
  }
}

/** The prediction files of the parts, one after another. */
async function readLogits(
  folder: string,
  parts: readonly string[],
  counts: readonly number[],
  classCount: number,
): Promise<Float32Array> {
  const all = new Float32Array(counts.reduce((total, value) => total + value, 0) * classCount)
  let start = 0
  for (const [index, part] of parts.entries()) {
    const logits = await readFloats(logitsFile(folder, part), (counts[index] ?? 0) * classCount)
    all.set(logits, start)
    start += logits.length
  }
  return all
}

/** The logits that `predict` gave of one part. */
export function logitsFile(folder: string, part: string): string {
  return join(evaluationLayout.predictions(folder), `${part}.logits.f32`)
}

/** `count` little-endian float32 values; a file of another size is not the one that was written. */
async function readFloats(path: string, count: number): Promise<Float32Array> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw damaged(path, cause.code === 'ENOENT' ? 'it is missing' : cause.message, cause)
  })
  if (bytes.length !== count * FLOAT_BYTES)
    throw damaged(path, `it has ${bytes.length} bytes, expected ${count * FLOAT_BYTES}`, undefined)
  return Float32Array.from({ length: count }, (_, index) => bytes.readFloatLE(index * FLOAT_BYTES))
}

function damaged(path: string, reason: string, cause: unknown): ExternalError {
  return new ExternalError('disk', `the predictions of an evaluation cannot be read: ${reason}`, { evidence: [path], cause })
}
