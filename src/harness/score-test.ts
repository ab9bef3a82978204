import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { MetricName, Outcome } from '../core/outcome.ts'
import { deriveSeed } from '../core/seeds.ts'
import type { StagedDataset } from '../dataset/index.ts'
import { hashFile } from '../files/hash.ts'
import type { Artefact } from './artefact.ts'
import { appendLog, evaluationLayout } from './evaluation-folder.ts'
import { predict } from './predict.ts'
import { Stopwatch } from './progress.ts'
import type { Progress } from './progress.ts'
import { score } from './score.ts'
import type { Tools } from './tools.ts'

export type TestRequest = {
  readonly dataset: StagedDataset
  readonly artefact: Artefact
  readonly metric: MetricName
  /** Gets `predictions/test.*` and lines of `train.log`. */
  readonly folder: string
  readonly onProgress: (progress: Progress) => void
}

/** Scores the sealed test with exactly the weights of the artefact. The caller counts the opening, before it calls. */
export async function scoreTest(request: TestRequest, tools: Tools, signal: AbortSignal): Promise<Outcome> {
  const { dataset, artefact, metric, folder } = request
  const clock = new Stopwatch()
  if ((await hashFile(artefact.weights)) !== artefact.sha256) throw new Error(`the weights in ${artefact.weights} were changed`)
  const perImage = evaluationLayout.perImage(folder, 'test')
  await mkdir(evaluationLayout.predictions(folder), { recursive: true })
  const prediction = await predict(
    {
      dataset,
      fold: 0,
      part: 'test',
      code: artefact.code,
      weights: artefact.weights,
      info: artefact.info,
      seed: deriveSeed(artefact.seed, 'predict', artefact.kind, 'test'),
      destination: join(evaluationLayout.predictions(folder), 'test'),
      onProgress: request.onProgress,
      onLog: (text) => appendLog(folder, `predict test, ${artefact.kind}`, text),
    },
    tools,
    clock,
    signal,
  )
  if (prediction.status === 'failed') return { ...prediction, seconds: clock.seconds }
  const result = await score({ dataset, predictions: [prediction], metric, perImage }, tools, clock, signal)
  if (result.status === 'failed') return { ...result, seconds: clock.seconds }
  const { training } = artefact
  return {
    status: 'scored',
    split: 'test',
    metrics: result.metrics,
    steps: training.steps,
    trainings: [training],
    seconds: clock.seconds,
  }
}
