import { appendFile, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { fixtureTools } from '../../tests/support/fixture-tools.ts'
import { temporaryFolder, writeStaged } from '../../tests/support/staged-dataset.ts'
import type { Failed, Outcome, Scored } from '../core/outcome.ts'
import { loadDataset } from '../dataset/index.ts'
import { hashFile } from '../files/hash.ts'
import { asScored } from './artefact.ts'
import type { Artefact } from './artefact.ts'
import { evaluate } from './evaluate.ts'
import type { EvaluationRequest } from './evaluate.ts'
import { refit } from './refit.ts'
import type { Refit } from './refit.ts'
import { scoreTest } from './score-test.ts'

const signal = new AbortController().signal
const pace = { steps: 192, imagesPerSecond: 1000, cpuSecondsPerImage: 0.001, batchSize: 10 }

async function makeRequest(scheme: 'fixed' | 'pooled'): Promise<EvaluationRequest> {
  const staged = await temporaryFolder()
  await writeStaged(staged, { scheme })
  const pipeline = { data: '# data', model: '# model', training: '# training' }
  const common = { dataset: await loadDataset(staged), pipeline, seed: 7, trainSeconds: 10, metric: 'accuracy' as const }
  return { ...common, folder: await temporaryFolder(), onProgress: () => {} }
}

async function refitWith(program: string, request: EvaluationRequest): Promise<Refit | Failed> {
  return refit({ ...request, pace }, await fixtureTools(program), signal)
}

function artefactOf(refitted: Refit | Failed): Artefact {
  if (refitted.status === 'failed') throw new Error(refitted.message)
  return refitted.artefact
}

function scored(outcome: Outcome): Scored {
  if (outcome.status === 'failed') throw new Error(outcome.message)
  return outcome
}

/** The job that a training was given, which the well-behaved program writes in the place of its weights. */
const jobOf = async (artefact: Artefact) => JSON.parse(await readFile(artefact.weights, 'utf8'))

test.each([
  ['pooled', ['fold1', 'fold2', 'fold3', 'fold4', 'fold0'], 20],
  ['fixed', ['train', 'val'], 8],
] as const)('a refit of %s folds trains on every image but test, dev too, for the steps given', async (scheme, parts, count) => {
  const artefact = artefactOf(await refitWith('well_behaved', await makeRequest(scheme)))
  const job = await jobOf(artefact)
  expect(job.parts.map((part: { name: string }) => part.name)).toEqual(parts)
  expect(job).toMatchObject({ devRows: null, steps: 192, info: { trainCount: count } })
  expect(artefact).toMatchObject({ kind: 'refit', seed: 7, sha256: await hashFile(artefact.weights), training: { steps: 192 } })
  expect(artefact.info).toEqual(job.info)
})

test('a refit has seconds a training as each fold had, and a seed of its own', async () => {
  const request = await makeRequest('pooled')
  const one = await jobOf(artefactOf(await refitWith('well_behaved', request)))
  const other = await jobOf(artefactOf(await refitWith('well_behaved', { ...request, seed: 8 })))
  expect(one.info.trainSeconds).toBe(2)
  expect(one.seed).not.toBe(other.seed)
})

test('a refit that fails is a failure with its stage and seconds', async () => {
  expect(await refitWith('reports_failure', await makeRequest('fixed'))).toMatchObject({
    status: 'failed',
    stage: 'check',
    kind: 'syntax',
    seconds: { train: 0 },
  })
})

test('the test is scored with exactly the weights that are shipped', async () => {
  const request = await makeRequest('pooled')
  const tools = await fixtureTools('well_behaved')
  const artefact = artefactOf(await refitWith('well_behaved', request))
  const outcome = scored(await scoreTest({ ...request, artefact }, tools, signal))
  expect(outcome).toMatchObject({ split: 'test', steps: 192, metrics: { n: 4 }, trainings: [artefact.training] })
  await appendFile(artefact.weights, ' ')
  await expect(scoreTest({ ...request, artefact }, tools, signal)).rejects.toThrow(
    `the weights in ${artefact.weights} were changed`,
  )
})

test('the weights that were scored on a fixed val can be shipped as they are', async () => {
  const request = await makeRequest('fixed')
  const tools = await fixtureTools('well_behaved')
  const val = scored(await evaluate(request, tools, signal))
  const artefact = await asScored(request, val, tools)
  expect(artefact).toMatchObject({ kind: 'as scored', training: val.trainings[0], sha256: await hashFile(artefact.weights) })
  expect(artefact.info).toEqual((await jobOf(artefact)).info)
  expect(scored(await scoreTest({ ...request, artefact }, tools, signal)).metrics.n).toBe(4)
})

test('pooled folds leave no single model that could be shipped as scored', async () => {
  const request = await makeRequest('pooled')
  const tools = await fixtureTools('well_behaved')
  const val = scored(await evaluate(request, tools, signal))
  await expect(asScored(request, val, tools)).rejects.toThrow('only an evaluation of one fold leaves one model')
})
