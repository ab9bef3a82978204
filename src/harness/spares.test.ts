import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fixtureTools } from '../../tests/support/fixture-tools.ts'
import { noSandbox } from '../../tests/support/needs-sandbox.ts'
import { bwrap, processesWith } from '../../tests/support/sandbox.ts'
import { temporaryFolder, writeStaged } from '../../tests/support/staged-dataset.ts'
import type { StagedOptions } from '../../tests/support/staged-dataset.ts'
import { loadDataset } from '../dataset/index.ts'
import { evaluate } from './evaluate.ts'
import type { EvaluationRequest } from './evaluate.ts'
import { Spares } from './spares.ts'
import type { Tools } from './tools.ts'
import { prepareTraining } from './train.ts'

const signal = new AbortController().signal

async function makeTools(program = 'waits'): Promise<Tools & { readonly spares: Spares }> {
  const spares = new Spares()
  onTestFinished(() => spares.close())
  return { ...(await fixtureTools(program)), sandbox: bwrap, spares }
}

async function makeRequest(options: StagedOptions): Promise<EvaluationRequest> {
  const staged = await temporaryFolder()
  await writeStaged(staged, options)
  const pipeline = { data: '# data', model: '# model', training: '# training' }
  const common = { dataset: await loadDataset(staged), pipeline, seed: 7, trainSeconds: 10, metric: 'accuracy' as const }
  return { ...common, folder: await temporaryFolder(), onProgress: () => {} }
}

async function logOf({ folder }: EvaluationRequest): Promise<string> {
  return readFile(join(folder, 'train.log'), 'utf8')
}

const jobFolders = () =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('improve-job-') && name.includes(`-${process.pid}-`))

test.skipIf(noSandbox)('after an evaluation the next one finds processes that wait, and comes to the same', async () => {
  const tools = await makeTools()
  const request = await makeRequest({ scheme: 'fixed' })
  const first = await evaluate(request, tools, signal)
  const again = { ...request, folder: await temporaryFolder() }
  const second = await evaluate(again, tools, signal)
  expect(await logOf(request)).toContain("came at once ['data.py', 'model.py', 'training.py', 'OSError']")
  const log = await logOf(again)
  expect(log.match(/^waited/gm)).toHaveLength(2)
  // Files that are written after the start can be read, and still not be changed from inside.
  expect(log).toContain("waited ['data.py', 'model.py', 'training.py', 'OSError']")
  expect({ ...second, seconds: null }).toEqual({ ...first, seconds: null })
})

test.skipIf(noSandbox)('pooled folds wait one for the other, each with its own parts', async () => {
  const tools = await makeTools()
  const request = await makeRequest({ scheme: 'pooled' })
  expect(await evaluate(request, tools, signal)).toMatchObject({ status: 'scored', metrics: { n: 20, accuracy: { value: 0.5 } } })
  expect((await logOf(request)).match(/^waited/gm)).toHaveLength(8)
})

test.skipIf(noSandbox)('a spare that died is not missed', async () => {
  const tools = await makeTools('dies_waiting')
  const request = await makeRequest({ scheme: 'fixed' })
  const [fold] = request.dataset.facts.folds
  await prepareTraining({ dataset: request.dataset, parts: fold?.train ?? [], devFold: 0 }, tools)
  expect(await evaluate(request, tools, signal)).toMatchObject({ status: 'scored' })
})

test.skipIf(noSandbox)('a stop reaches a process that had waited, and nothing is left when the spares are closed', async () => {
  const before = jobFolders()
  const tools = await makeTools('waits')
  const request = await makeRequest({ scheme: 'fixed' })
  await evaluate(request, tools, signal)
  expect(jobFolders().length).toBeGreaterThan(before.length)
  const stop = new AbortController()
  const pending = evaluate({ ...request, folder: await temporaryFolder() }, tools, stop.signal)
  stop.abort(new Error('stopped by the user'))
  await expect(pending).rejects.toThrow('stopped by the user')
  await tools.spares.close()
  expect(jobFolders()).toEqual(before)
  expect(processesWith('/harness/waits.py')).toEqual([])
})

test('without a sandbox no spare is made', async () => {
  const tools = { ...(await fixtureTools('well_behaved')), spares: new Spares() }
  const request = await makeRequest({ scheme: 'fixed' })
  await evaluate(request, tools, signal)
  expect(jobFolders()).toEqual([])
})
