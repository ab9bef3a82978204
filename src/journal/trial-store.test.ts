import { readFile, rm, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { begun, ended, opening, proposed, sampleDecision, scored, stampAll } from '../../tests/support/sample-run.ts'
import { temporaryFolder } from '../../tests/support/staged-dataset.ts'
import type { RunEvent } from '../core/run-events.ts'
import type { RunState } from '../core/run-state.ts'
import { runFolder } from './run-folder.ts'
import { EMPTY_STATE, fold } from './state.ts'
import { hashPipeline, makeTrialStore } from './trial-store.ts'
import type { Trial } from '../core/trial.ts'

const baseline: Trial = {
  number: 0,
  pipeline: { data: 'IMAGE_SIZE = 28\n', model: 'WIDTH = 16\n', training: 'RATE = 0.1\n' },
  memos: { data: { size: 28 }, model: null, training: [1] },
  note: 'photos of faces',
}
const wider: Trial = { ...baseline, number: 1, pipeline: { ...baseline.pipeline, model: 'WIDTH = 32\n' }, note: 'too narrow' }

const stateWith = (...trials: Trial[]): RunState => {
  const events = [
    opening()[0]!,
    ...trials.map(
      (trial): RunEvent => ({ ...(proposed(trial.number) as object), pipeline: hashPipeline(trial.pipeline) }) as RunEvent,
    ),
  ]
  return fold(stampAll(events))
}

async function makeStore(state: RunState) {
  const folder = runFolder(await temporaryFolder())
  return { folder, store: makeTrialStore(folder, () => state) }
}

test('a trial is found again as it was saved, with its diff against the base', async () => {
  const { folder, store } = await makeStore(stateWith(baseline, wider))
  await store.save(baseline, null, null)
  await store.save(wider, null, baseline)
  expect(await store.load(0)).toEqual(baseline)
  expect(await store.load(1)).toEqual(wider)
  expect(await readFile(folder.trial(1).diff, 'utf8')).toBe(
    '--- a/model.py\n+++ b/model.py\n@@ -1 +1 @@\n-WIDTH = 16\n+WIDTH = 32\n',
  )
})

test('what came of a trial lies beside it, with the figures of both sides, their split and n', async () => {
  const decision = sampleDecision('rejected')
  const state = fold(stampAll([...opening(0.88), proposed(1), begun(1), ended(1, scored(0.87))]))
  const { folder, store } = await makeStore(state)
  await store.save(wider, null, baseline)
  await store.saveDecision(1, 0, decision, 'model: wider lost')
  const written = JSON.parse(await readFile(folder.trial(1).decision, 'utf8'))
  expect(written).toMatchObject({
    trial: 1,
    base: 0,
    verdict: decision.verdict,
    reason: decision.reason,
    lesson: 'model: wider lost',
  })
  const [mine, theirs] = [written.evaluations.trial, written.evaluations.base]
  expect(mine).toEqual([{ repeat: 0, split: 'val', n: 1050, metric: { value: 0.87, low: 0.85, high: 0.89 }, steps: 1200 }])
  expect(theirs[0]).toMatchObject({ repeat: 0, split: 'val', n: 1050, metric: { value: 0.88 } })
})

test('a trial that the journal does not know is not there, whatever lies in its folder', async () => {
  const { store } = await makeStore(EMPTY_STATE)
  await store.save(baseline, null, null)
  expect(await store.load(0)).toBeNull()
})

test('saving again under a number removes what a crash has left there', async () => {
  const { folder, store } = await makeStore(stateWith(baseline))
  await store.save(wider, null, baseline)
  await store.save({ ...baseline, number: 1 }, null, null)
  await expect(readFile(folder.trial(1).diff)).rejects.toThrow('ENOENT')
})

test.each(['missing', 'changed', 'no JSON'])('a trial with a file that is %s is not taken', async (fault) => {
  const { folder, store } = await makeStore(stateWith(baseline))
  await store.save(baseline, null, null)
  const { source, proposal } = folder.trial(0)
  if (fault === 'missing') await rm(source('data'))
  if (fault === 'changed') await writeFile(source('model'), 'WIDTH = 17\n')
  if (fault === 'no JSON') await writeFile(proposal, '{')
  expect(await store.load(0)).toBeNull()
})
