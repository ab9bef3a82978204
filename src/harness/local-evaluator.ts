import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { foldsOfEvaluation } from '../core/dataset.ts'
import type { Evaluation, EvaluationTask, Evaluator } from '../core/evaluator.ts'
import { isFromOutside } from '../core/outcome.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Pipeline } from '../core/pipeline.ts'
import { evaluationFolder, trialFolder } from '../core/run-layout.ts'
import type { EvaluationRecord } from '../core/run-state.ts'
import { hashText } from '../files/hash.ts'
import { evaluate } from './evaluate.ts'
import {
  ASKED_FILE,
  hashFiles,
  isIntact,
  OUTCOME_FILE,
  paceOf,
  readJson,
  readOutcome,
  removeWeights,
  weightBytes,
  writeJson,
  writeOutcome,
} from './evaluation-record.ts'
import { refitTrial, testTrial } from './final-evaluator.ts'
import { checkFreeSpace } from './free-space.ts'
import { readImageResults, readTestResults } from './image-results.ts'
import type { LocalEvaluation } from './local-evaluation.ts'
import type { Progress } from './progress.ts'

const PER_IMAGE_FILE = 'predictions/val.per-image.f32'

/** Evaluates on this machine, each evaluation in a folder of its own. */
export function makeLocalEvaluator(local: LocalEvaluation): Evaluator {
  let lastWeightBytes = 0
  const before = () => checkFreeSpace(local.runFolder, lastWeightBytes)
  return {
    evaluate: async (task, signal) => {
      const folder = evaluationFolder(task.trial, task.repeat)
      const place = join(local.runFolder, folder)
      const outcome = (await finishedEarlier(local, place, task)) ?? (await evaluateAnew(local, place, task, before, signal))
      lastWeightBytes = Math.max(lastWeightBytes, await weightBytes(place))
      const { trial, repeat, seed } = task
      const files = await hashFiles(place, [OUTCOME_FILE, ...(outcome.status === 'scored' ? resultFiles(local, repeat) : [])])
      return describe(local, outcome, { trial, repeat, seed, folder, files })
    },
    recall: (record) => recall(local, record),
    discard: (trial) => removeWeights(join(local.runFolder, trialFolder(trial))),
    refit: async (trial, signal) => {
      await before()
      return refitTrial(local, trial, signal)
    },
    test: (trial, artefact, signal) => testTrial(local, trial, artefact, signal),
  }
}

/**
 * The outcome of an evaluation that ended, and was the same, although nobody noted that it did: the process was killed between the
 * two. Null when there is none, when a file of it is short, or when it failed for a reason outside of the pipeline.
 */
async function finishedEarlier(local: LocalEvaluation, place: string, task: EvaluationTask): Promise<Outcome | null> {
  if (JSON.stringify(await readJson(join(place, ASKED_FILE))) !== JSON.stringify(asked(local, task))) return null
  const outcome = await readOutcome(place)
  if (outcome === null || isFromOutside(outcome)) return null
  if (outcome.status === 'failed') return outcome
  const images = await readImageResults(place, local.dataset, task.repeat, local.metric).catch(() => null)
  return images === null ? null : outcome
}

/** Removes what an unfinished attempt left, and begins anew. */
async function evaluateAnew(
  local: LocalEvaluation,
  place: string,
  task: EvaluationTask,
  before: () => Promise<void>,
  signal: AbortSignal,
): Promise<Outcome> {
  await before()
  await rm(place, { recursive: true, force: true })
  await mkdir(place, { recursive: true })
  await writeJson(join(place, ASKED_FILE), asked(local, task))
  const first = task.repeat === 0 ? null : await readOutcome(join(local.runFolder, evaluationFolder(task.trial, 0)))
  const { dataset, tools, trainSeconds, metric } = local
  const { pipeline, seed, repeat, trial } = task
  const onProgress = (progress: Progress) => local.onProgress(progress, { trial, repeat })
  const pace = paceOf(first)
  const base = task.base === null ? null : paceOf(await readOutcome(join(local.runFolder, evaluationFolder(task.base, 0))))
  // What changed pictures do to the model is asked once for each pipeline.
  const probes = repeat === 0
  const request = { dataset, pipeline, seed, repeat, pace, base, probes, trainSeconds, metric, folder: place, onProgress }
  const outcome = await evaluate(request, tools, signal)
  await writeOutcome(place, outcome)
  return outcome
}

/** Two evaluations of which this is equal come to the same, but for the noise of the machine. */
function asked(
  { dataset, trainSeconds, metric }: LocalEvaluation,
  { trial, repeat, seed, base, pipeline }: EvaluationTask,
): unknown {
  const parts = foldsOfEvaluation(dataset.facts, repeat).map((fold) => fold.val)
  const { contentHash } = dataset.facts
  return { version: 1, trial, repeat, seed, base, metric, trainSeconds, contentHash, parts, pipeline: hashesOf(pipeline) }
}

function hashesOf({ data, model, training }: Pipeline): Pipeline {
  return { data: hashText(data), model: hashText(model), training: hashText(training) }
}

/** What a decision rests on, relative to the folder of the evaluation. */
function resultFiles({ dataset, metric }: LocalEvaluation, repeat: number): string[] {
  const logits = foldsOfEvaluation(dataset.facts, repeat).map((fold) => `predictions/${fold.val}.logits.f32`)
  return [PER_IMAGE_FILE, ...(metric === 'auc' ? logits : [])]
}

async function recall(local: LocalEvaluation, record: EvaluationRecord): Promise<Evaluation | null> {
  const place = join(local.runFolder, record.folder)
  if (!(await isIntact(place, record))) return null
  const outcome = await readOutcome(place)
  return outcome === null ? null : describe(local, outcome, record)
}

async function describe(local: LocalEvaluation, outcome: Outcome, record: EvaluationRecord): Promise<Evaluation> {
  const { dataset, metric, runFolder } = local
  const place = join(runFolder, record.folder)
  if (outcome.status === 'failed') return { outcome, images: null, record }
  if (outcome.split === 'test') return { outcome, images: await readTestResults(place, dataset, metric), record }
  return { outcome, images: await readImageResults(place, dataset, record.repeat, metric), record }
}
