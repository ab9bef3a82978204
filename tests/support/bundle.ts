import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Metrics } from '../../src/core/outcome.ts'
import { loadDataset } from '../../src/dataset/index.ts'
import { refit } from '../../src/harness/index.ts'
import type { BundleRequest } from '../../src/harness/index.ts'
import { fixtureTools } from './fixture-tools.ts'
import { temporaryFolder, writeStaged } from './staged-dataset.ts'

const half = { value: 0.5, low: 0.25, high: 0.75 }

/** What `score` says of four images of two classes. */
export const METRICS: Metrics = {
  n: 4,
  classCount: 2,
  metric: 'accuracy',
  chosen: half,
  accuracy: half,
  balancedAccuracy: 0.5,
  macroF1: 0.3,
  logLoss: 0.7,
  auc: null,
  topK: { k: 1, value: 0.5 },
  calibrationError: 0.1,
  perClass: [],
  confusions: [],
  independence: { checked: 4, agreement: 1, maxDifference: 0 },
}

/** What a bundle of a refit is made of; its weights are the job of the training. */
export async function bundleRequest(change: Partial<BundleRequest> = {}): Promise<BundleRequest> {
  const staged = await temporaryFolder()
  await writeStaged(staged)
  const dataset = await loadDataset(staged)
  const tools = await fixtureTools('well_behaved')
  const folder = await temporaryFolder()
  const refitted = await refit(
    {
      dataset,
      pipeline: { data: 'IMAGE_SIZE = (2, 4)', model: '# model', training: '# training' },
      seed: 7,
      trainSeconds: 10,
      pace: { steps: 192, imagesPerSecond: 1000, cpuSecondsPerImage: 0.001, batchSize: 10 },
      folder,
      onProgress: () => {},
    },
    tools,
    new AbortController().signal,
  )
  if (refitted.status === 'failed') throw new Error(refitted.message)
  await writeFile(join(folder, 'stranger.txt'), 'not of the bundle')
  return {
    folder: join(folder, 'best'),
    name: 'pets',
    dataset,
    artefact: refitted.artefact,
    machine: tools.machine,
    origin: 'improve',
    val: METRICS,
    test: null,
    versions: { improve: '0.1.0', torch: '2.13.0' },
    cache: await temporaryFolder(),
    ...change,
  }
}
