import { mkdir } from 'node:fs/promises'
import { foldsOfEvaluation } from '../core/dataset.ts'
import type { DatasetFacts } from '../core/dataset.ts'
import type { Failed, StageSeconds } from '../core/outcome.ts'
import type { Pipeline } from '../core/pipeline.ts'
import { deriveSeed } from '../core/seeds.ts'
import { shareOfTraining } from '../core/rounds.ts'
import type { Pace } from '../core/step-budget.ts'
import type { StagedDataset } from '../dataset/index.ts'
import { hashFile } from '../files/hash.ts'
import type { Artefact } from './artefact.ts'
import { appendLog, evaluationLayout, writePipeline } from './evaluation-folder.ts'
import { infoOf } from './info.ts'
import { Stopwatch } from './progress.ts'
import type { Progress } from './progress.ts'
import type { Tools } from './tools.ts'
import { train } from './train.ts'

const NAME = 'refit'

export type RefitRequest = {
  readonly dataset: StagedDataset
  readonly pipeline: Pipeline
  readonly seed: number
  /** Wall seconds of one evaluation, all folds together, as the scored trainings had them. */
  readonly trainSeconds: number
  /** How many steps to make, and the speed of a scored training. */
  readonly pace: Pace
  /** Gets `pipeline/`, `weights-refit.safetensors` and `train.log`. */
  readonly folder: string
  readonly onProgress: (progress: Progress) => void
}

export type Refit = { readonly status: 'refitted'; readonly artefact: Artefact; readonly seconds: StageSeconds }

/**
 * Trains a pipeline once more, on all images but test: train, dev and val, so that what is shipped has seen all that may be seen. What
 * it is worth only the sealed test can say.
 */
export async function refit(request: RefitRequest, tools: Tools, signal: AbortSignal): Promise<Refit | Failed> {
  const { dataset, seed, folder } = request
  const clock = new Stopwatch()
  await mkdir(folder, { recursive: true })
  await writePipeline(folder, request.pipeline)
  const parts = partsToLearn(dataset.facts)
  const folds = foldsOfEvaluation(dataset.facts).length
  const { trainSeconds, machine } = shareOfTraining(request.trainSeconds, folds, tools.machine, tools.threads)
  const info = await infoOf(dataset, parts, null, trainSeconds, machine)
  const code = evaluationLayout.code(folder)
  const weights = evaluationLayout.weights(folder, NAME)
  const trained = await train(
    {
      dataset,
      fold: 0,
      devFold: null,
      parts,
      code,
      info,
      seed: deriveSeed(seed, 'train', NAME),
      pace: request.pace,
      base: null,
      agree: async (measured) => measured,
      speedup: tools.machine.referenceSpeed / machine.referenceSpeed,
      trainSeconds,
      probes: false,
      weights,
      onProgress: request.onProgress,
      onLog: (text) => appendLog(folder, `train ${NAME}`, text),
    },
    tools,
    clock,
    signal,
  )
  if (trained.status === 'failed') return { ...trained, seconds: clock.seconds }
  const artefact = { kind: NAME, code, weights, sha256: await hashFile(weights), info, seed, training: trained.summary } as const
  return { status: 'refitted', artefact, seconds: clock.seconds }
}

/** All parts but test. */
function partsToLearn({ folds }: DatasetFacts): string[] {
  const [first] = folds
  if (first === undefined) throw new Error('a dataset without folds')
  return [...first.train, first.val]
}
