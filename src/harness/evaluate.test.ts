import { readdirSync } from 'node:fs'
import { readFile, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fixtureTools } from '../../tests/support/fixture-tools.ts'
import { temporaryFolder, writeStaged } from '../../tests/support/staged-dataset.ts'
import type { StagedOptions } from '../../tests/support/staged-dataset.ts'
import type { Outcome, Scored } from '../core/outcome.ts'
import { layout, loadDataset } from '../dataset/index.ts'
import { evaluate } from './evaluate.ts'
import type { EvaluationRequest } from './evaluate.ts'
import type { Progress } from './progress.ts'

async function makeRequest(options: StagedOptions = {}): Promise<EvaluationRequest> {
  const folder = await temporaryFolder()
  const staged = await temporaryFolder()
  await writeStaged(staged, options)
  const pipeline = { data: '# data', model: '# model', training: '# training' }
  return {
    dataset: await loadDataset(staged),
    pipeline,
    seed: 7,
    trainSeconds: 10,
    metric: 'accuracy',
    folder,
    onProgress: () => {},
  }
}

async function evaluateWith(program: string, request: EvaluationRequest): Promise<Outcome> {
  return evaluate(request, await fixtureTools(program), new AbortController().signal)
}

/** The job that a training was given, which the well-behaved program writes in the place of its weights. */
async function trainJob(request: EvaluationRequest, name: string) {
  return JSON.parse(await readFile(join(request.folder, `weights-${name}.safetensors`), 'utf8'))
}

function scored(outcome: Outcome): Scored {
  expect(outcome).toMatchObject({ status: 'scored' })
  if (outcome.status !== 'scored') throw new Error('unreachable')
  return outcome
}

const leftovers = () =>
  readdirSync(tmpdir()).filter((name) => /^improve-(job|work)-/.test(name) && name.includes(`-${process.pid}-`))

test('pooled folds are all trained with the steps that fold 0 measured, and scored as one', async () => {
  const request = await makeRequest()
  const outcome = scored(await evaluateWith('well_behaved', request))
  expect(outcome.metrics).toMatchObject({ n: 20, accuracy: { value: 0.5 } })
  // A fifth of 10 s at 1,000 images a second and batches of 10, 4 % kept for looks.
  expect(outcome.trainings.map(({ fold, steps }) => [fold, steps])).toEqual([0, 1, 2, 3, 4].map((fold) => [fold, 192]))
  // The smoke run of the first fold alone measures.
  expect(outcome.trainings.map(({ dataShare }) => dataShare)).toEqual([0.25, null, null, null, null])
  expect((await trainJob(request, 'fold0')).steps).toBeNull()
  expect((await trainJob(request, 'fold3')).steps).toBe(192)
})

test('a fold is trained without its own part, with seeds of its own', async () => {
  const request = await makeRequest()
  await evaluateWith('well_behaved', request)
  const [zero, one] = [await trainJob(request, 'fold0'), await trainJob(request, 'fold1')]
  expect(one.parts.map((part: { name: string }) => part.name)).toEqual(['fold0', 'fold2', 'fold3', 'fold4'])
  expect(one.info).toMatchObject({ classCounts: [8, 8], trainCount: 14, mean: [0.5], typicalShape: [2, 2], trainSeconds: 2 })
  expect(one.seed).not.toBe(zero.seed)
})

test('a fixed split is trained once for all the seconds', async () => {
  const request = await makeRequest({ scheme: 'fixed' })
  const outcome = scored(await evaluateWith('well_behaved', request))
  expect(outcome.trainings).toHaveLength(1)
  expect(outcome.steps).toBe(960)
  expect(outcome.metrics.n).toBe(4)
})

test('a repeat over rotating folds trains without the next fold and is scored on it', async () => {
  const request = { ...(await makeRequest({ scheme: 'rotating' })), repeat: 2 }
  const outcome = scored(await evaluateWith('well_behaved', request))
  expect(outcome.trainings.map((training) => training.fold)).toEqual([2])
  expect(outcome.metrics.n).toBe(4)
  const job = await trainJob(request, 'fold2')
  expect(job.parts.map((part: { name: string }) => part.name)).toEqual(['fold0', 'fold1', 'fold3', 'fold4'])
  expect(readdirSync(join(request.folder, 'predictions'))).toContain('fold2.logits.f32')
})

test('a known pace is kept by every fold, and nothing is measured', async () => {
  const request = { ...(await makeRequest()), pace: { steps: 33, imagesPerSecond: 500, cpuSecondsPerImage: 0.002, batchSize: 10 } }
  const outcome = scored(await evaluateWith('well_behaved', request))
  expect(outcome.trainings.map((training) => training.steps)).toEqual([33, 33, 33, 33, 33])
  expect(outcome.seconds.smoke).toBe(0)
})

test('folds run side by side where that makes more steps, and the last one has all cores', async () => {
  const request = await makeRequest()
  const tools = await fixtureTools('well_behaved')
  const rates = [
    { threads: 1, dtype: 'float32', channelsLast: false, imagesPerSecond: 1500 },
    { threads: 2, dtype: 'bfloat16', channelsLast: true, imagesPerSecond: 2500 },
  ]
  const machine = { ...tools.machine, threads: 2, dtype: 'bfloat16', channelsLast: true, referenceSpeed: 2500, rates } as const
  const told: Progress[] = []
  const onProgress = (progress: Progress) => told.push(progress)
  const outcome = scored(
    await evaluate({ ...request, onProgress }, { ...tools, threads: 2, machine }, new AbortController().signal),
  )
  // 10 s are two rounds and three fifths of one: 3.846 s a training at 1,000 images a second and batches of 10.
  expect(outcome.trainings.map(({ fold, steps }) => [fold, steps])).toEqual([0, 1, 2, 3, 4].map((fold) => [fold, 369]))
  const jobs = await Promise.all([0, 1, 2, 3, 4].map((fold) => trainJob(request, `fold${fold}`)))
  expect(jobs.map((job) => job.machine.threads)).toEqual([1, 1, 1, 1, 2])
  expect(jobs.map((job) => job.machine.dtype)).toEqual(['float32', 'float32', 'float32', 'float32', 'bfloat16'])
  // The first two measure beside each other; every pipeline is told the same, so that all folds train the same net.
  expect(jobs.map((job) => job.steps)).toEqual([null, null, 369, 369, 369])
  expect(new Set(jobs.map((job) => job.info.trainSeconds)).size).toBe(1)
  expect(new Set(jobs.map((job) => job.info.referenceSpeed))).toEqual(new Set([1500]))
  expect(outcome.metrics.n).toBe(20)
  expect(new Set(told.map((progress) => progress.folds?.join()))).toEqual(new Set(['0,1', '2,3', '4']))
})

test('a fold that fails ends those beside it', async () => {
  const request = await makeRequest()
  const tools = await fixtureTools('fails_on_fold1')
  const rates = [{ threads: 1, dtype: 'float32', channelsLast: false, imagesPerSecond: 1500 }]
  const machine = { ...tools.machine, threads: 2, referenceSpeed: 1600, rates }
  const started = performance.now()
  const outcome = await evaluate(request, { ...tools, threads: 2, machine }, new AbortController().signal)
  expect(outcome).toMatchObject({ status: 'failed', kind: 'diverged', message: 'fold 1 fails' })
  expect(performance.now() - started).toBeLessThan(20_000)
})

test('an outcome holds the curve and the dev report of each training, with probes where they were asked for', async () => {
  const request = { ...(await makeRequest({ scheme: 'fixed' })), probes: true }
  const [training] = scored(await evaluateWith('well_behaved', request)).trainings
  const point = { fraction: 1, runningLoss: null, trainAccuracy: null, devAccuracy: 0.5, trainLoss: null, devLoss: null }
  expect(training?.curve).toEqual([point])
  expect(training?.dev).toMatchObject({ n: 2, right: 1, confusions: [[1, 0, 1]], probes: { hue: { n: 2, confidence: 0.5 } } })
  // Time for the probes is kept out of the steps.
  expect(training?.steps).toBe(931)
})

test.each([
  ['reports_failure', { stage: 'check', kind: 'syntax', message: 'model.py line 3: ?[31minvalid syntax' }],
  [
    'garbage',
    {
      stage: 'start',
      kind: 'bad-output',
      message: 'train wrote a line to the event channel that is no event of it: epoch 1: loss 0.3',
    },
  ],
  ['ready_twice', { stage: 'smoke', kind: 'bad-output', message: 'train said twice that it is ready' }],
  ['forges_dev', { stage: 'train', kind: 'bad-output', message: 'train told of other dev classes than the 2 there are' }],
  ['forges_score', { stage: 'start', kind: 'bad-output' }],
  ['floods', { stage: 'start', kind: 'bad-output', message: 'the process wrote an event longer than 4 MiB' }],
  ['crashes', { stage: 'start', kind: 'killed', message: 'start crashed the Python process (segmentation fault)' }],
  [
    'exits_early',
    { stage: 'smoke', kind: 'killed', message: 'the process ended during smoke without finishing it; code must not call exit' },
  ],
  [
    'links_weights',
    { stage: 'train', kind: 'bad-output', message: 'train: weights.safetensors cannot be read as a plain file (ELOOP)' },
  ],
])('a training that %s is a failed outcome', async (program, expected) => {
  const outcome = await evaluateWith(program, await makeRequest())
  expect(outcome).toMatchObject({ status: 'failed', ...expected })
})

test('a scorer that fails for another reason than the predictions is an error of the world, not an outcome of the pipeline', async () => {
  const request = await makeRequest()
  const [fold] = request.dataset.facts.folds
  await truncate(layout.labels(request.dataset.folder, fold?.val ?? ''), 4)
  await expect(evaluateWith('well_behaved', request)).rejects.toMatchObject({
    code: 'environment',
    message: 'the predictions could not be scored: the process ended during score with exit code 1 before finishing it',
    evidence: expect.arrayContaining([expect.stringContaining('struct.error')]),
  })
})

test('what a failed process printed is kept with the outcome and in the log file', async () => {
  const request = await makeRequest()
  expect(await evaluateWith('reports_failure', request)).toMatchObject({
    logTail: expect.stringContaining('Traceback: the log line'),
  })
  expect(await readFile(join(request.folder, 'train.log'), 'utf8')).toContain('== train fold0\nTraceback: the log line')
})

test('a user who stops a training gets the reason of the stop, and nothing is left', async () => {
  const before = leftovers()
  const stop = new AbortController()
  const request = await makeRequest()
  const pending = evaluate(request, await fixtureTools('hangs'), stop.signal)
  setTimeout(() => stop.abort(new Error('stopped by the user')), 500)
  await expect(pending).rejects.toThrow('stopped by the user')
  expect(leftovers().filter((name) => !before.includes(name))).toEqual([])
})
