import { appendFile, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fixtureTools } from '../../tests/support/fixture-tools.ts'
import { temporaryFolder, writeStaged } from '../../tests/support/staged-dataset.ts'
import type { StagedOptions } from '../../tests/support/staged-dataset.ts'
import { loadDataset } from '../dataset/index.ts'
import { checkFreeSpace } from './free-space.ts'
import type { EvaluationName, LocalEvaluation } from './local-evaluation.ts'
import { makeLocalEvaluator } from './local-evaluator.ts'

const signal = new AbortController().signal
const pipeline = { data: '# data', model: '# model', training: '# training' }

async function makeLocal(
  options: StagedOptions = {},
  program = 'well_behaved',
): Promise<LocalEvaluation & { said: EvaluationName[] }> {
  const staged = await temporaryFolder()
  await writeStaged(staged, options)
  const said: EvaluationName[] = []
  return {
    dataset: await loadDataset(staged),
    tools: await fixtureTools(program),
    runFolder: await temporaryFolder(),
    refitTimes: 3,
    runSeed: 5,
    trainSeconds: 10,
    metric: 'accuracy',
    onProgress: (_, of) => said.push(of),
    said,
  }
}

const task = (repeat: number, trial = 3) => ({ trial, repeat, base: null, pipeline, seed: 70 + repeat })

/** The job that a training was given, which the well-behaved program writes in the place of its weights. */
async function trainJob({ runFolder }: LocalEvaluation, folder: string, name: string) {
  return JSON.parse(await readFile(join(runFolder, folder, `weights-${name}.safetensors`), 'utf8'))
}

test('an evaluation has a folder of its own and leaves a record by which it is recalled', async () => {
  const local = await makeLocal()
  const evaluator = makeLocalEvaluator(local)
  const evaluation = await evaluator.evaluate(task(0), signal)
  expect(evaluation.record).toMatchObject({ trial: 3, repeat: 0, seed: 70, folder: 'trials/0003/repeat-0' })
  expect(Object.keys(evaluation.record.files)).toEqual(['outcome.json', 'predictions/val.per-image.f32'])
  expect(evaluation.images?.parts).toEqual(['fold0', 'fold1', 'fold2', 'fold3', 'fold4'])
  expect([...(evaluation.images?.labels ?? [])]).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
  expect(evaluation.images).toMatchObject({ classCount: 2, logits: null, losses: expect.any(Float32Array) })
  expect([...(evaluation.images?.losses ?? [])].slice(0, 2)).toEqual([0.5, 1.5])
  expect(await evaluator.recall(evaluation.record)).toEqual(evaluation)
  expect(local.said).toContainEqual({ trial: 3, repeat: 0 })
})

test('a second evaluation trains as many steps as the first, on the next fold, without a smoke run or probes', async () => {
  const local = await makeLocal({ scheme: 'rotating' })
  const evaluator = makeLocalEvaluator(local)
  const first = await evaluator.evaluate(task(0), signal)
  const second = await evaluator.evaluate(task(1), signal)
  expect(second.images?.parts).toEqual(['fold1'])
  const [one, two] = [await trainJob(local, first.record.folder, 'fold0'), await trainJob(local, second.record.folder, 'fold1')]
  expect([one.steps, one.probes, two.steps, two.probes]).toEqual([null, true, 931, false])
  expect(one.seed).not.toBe(two.seed)
})

test('a record whose files were changed, cut or removed is not recalled', async () => {
  const local = await makeLocal({ scheme: 'fixed' })
  const evaluator = makeLocalEvaluator(local)
  const { record } = await evaluator.evaluate(task(0), signal)
  const place = join(local.runFolder, record.folder)
  const perImage = join(place, 'predictions/val.per-image.f32')
  const whole = await readFile(perImage)
  await truncate(perImage, 12)
  expect(await evaluator.recall(record)).toBeNull()
  await writeFile(perImage, whole)
  expect(await evaluator.recall(record)).not.toBeNull()
  await appendFile(join(place, 'outcome.json'), ' ')
  expect(await evaluator.recall(record)).toBeNull()
  await rm(place, { recursive: true })
  expect(await evaluator.recall(record)).toBeNull()
})

test('what ended without being noted is not trained again, unless something else is asked or a file is short', async () => {
  const local = await makeLocal({ scheme: 'fixed' })
  const first = await makeLocalEvaluator(local).evaluate(task(0), signal)
  const broken = { ...local, tools: await fixtureTools('crashes') }
  expect(await makeLocalEvaluator(broken).evaluate(task(0), signal)).toEqual(first)
  const other = { ...task(0), pipeline: { ...pipeline, model: '# another model' } }
  expect((await makeLocalEvaluator(broken).evaluate(other, signal)).outcome.status).toBe('failed')
  const again = await makeLocalEvaluator(local).evaluate(task(0), signal)
  await truncate(join(local.runFolder, again.record.folder, 'predictions/val.per-image.f32'), 12)
  expect((await makeLocalEvaluator(broken).evaluate(task(0), signal)).outcome.status).toBe('failed')
})

test('an attempt begins in an empty folder, whatever an earlier one left', async () => {
  const local = await makeLocal({ scheme: 'fixed' })
  const place = join(local.runFolder, 'trials/0003/repeat-0')
  await mkdir(place, { recursive: true })
  await writeFile(join(place, 'weights-old.safetensors'), 'half')
  await makeLocalEvaluator(local).evaluate(task(0), signal)
  expect(await readdir(place)).not.toContain('weights-old.safetensors')
})

test('a pipeline that fails is an evaluation without images, and is recalled as one', async () => {
  const evaluator = makeLocalEvaluator(await makeLocal({}, 'reports_failure'))
  const evaluation = await evaluator.evaluate(task(0), signal)
  expect(evaluation).toMatchObject({ outcome: { status: 'failed', kind: 'syntax' }, images: null })
  expect(Object.keys(evaluation.record.files)).toEqual(['outcome.json'])
  expect(await evaluator.recall(evaluation.record)).toEqual(evaluation)
})

test('where the metric ranks images, the logits of all parts come along', async () => {
  const evaluation = await makeLocalEvaluator({ ...(await makeLocal()), metric: 'auc' }).evaluate(task(0), signal)
  expect(evaluation.images?.logits).toEqual(new Float32Array(40).fill(1))
  expect(Object.keys(evaluation.record.files)).toHaveLength(7)
})

test('a trial is refitted a multiple of the steps that it was scored with, and the test meets the refit', async () => {
  const local = await makeLocal()
  const evaluator = makeLocalEvaluator(local)
  await evaluator.evaluate(task(0), signal)
  const trial = { number: 3, pipeline }
  const { record, training } = await evaluator.refit(trial, signal)
  expect(training.steps).toBe(3 * ((await trainJob(local, 'trials/0003/repeat-0', 'fold1')).steps ?? 0))
  expect(record).toMatchObject({ folder: 'trials/0003/refit', files: { 'weights-refit.safetensors': expect.any(String) } })
  const tested = await makeLocalEvaluator(local).test(trial, 'refit', signal)
  expect(tested).toMatchObject({ outcome: { status: 'scored', split: 'test' }, images: { parts: ['test'] } })
  expect(tested.record.folder).toBe('trials/0003/test')
  expect(await evaluator.recall(tested.record)).toEqual(tested)
  await appendFile(join(local.runFolder, 'trials/0003/refit/weights-refit.safetensors'), 'x')
  await expect(evaluator.test(trial, 'refit', signal)).rejects.toThrow('the refit of trial 3 is missing or was changed')
})

test('without a refit the test meets the model that was scored on val', async () => {
  const local = await makeLocal({ scheme: 'rotating' })
  const evaluator = makeLocalEvaluator(local)
  await evaluator.evaluate(task(0), signal)
  expect(await evaluator.test({ number: 3, pipeline }, 'as scored', signal)).toMatchObject({ images: { parts: ['test'] } })
})

test('discarded weights are gone, and what the decision rests on is still recalled', async () => {
  const local = await makeLocal({ scheme: 'rotating' })
  const evaluator = makeLocalEvaluator(local)
  const evaluation = await evaluator.evaluate(task(0), signal)
  const place = join(local.runFolder, 'trials/0003/repeat-0')
  expect((await readdir(place)).filter((name) => name.endsWith('.safetensors'))).toHaveLength(1)
  await evaluator.discard(3)
  expect((await readdir(place)).filter((name) => name.endsWith('.safetensors'))).toEqual([])
  expect(await evaluator.recall(evaluation.record)).toEqual(evaluation)
})

test('a refit that fails is an error of the world with what the process said', async () => {
  const local = await makeLocal({ scheme: 'fixed' })
  await makeLocalEvaluator(local).evaluate(task(0), signal)
  const broken = makeLocalEvaluator({ ...local, tools: await fixtureTools('reports_failure') })
  await expect(broken.refit({ number: 3, pipeline }, signal)).rejects.toMatchObject({
    code: 'environment',
    message: expect.stringMatching(/^the refit of trial 3 failed with two seeds: check, /),
    evidence: [expect.stringContaining('Traceback')],
  })
})

test('a disk without room for weights twice and 2 GiB is said before the training', async () => {
  const folder = await temporaryFolder()
  await checkFreeSpace(folder, 0)
  await expect(checkFreeSpace(folder, 2 ** 60)).rejects.toMatchObject({
    code: 'disk',
    message: expect.stringContaining('almost full'),
  })
})
