import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { readJournal } from '../../src/journal/index.ts'
import { startMind } from './endpoint.ts'
import type { MindServer } from './endpoint.ts'
import type { MindOptions } from './mind.ts'
import { endOf } from './run-end.ts'
import { virtualClock } from './virtual-clock.ts'
import { newWorld, playSession, TRAINING_SECONDS } from './whole-run.ts'
import type { Asked, World } from './whole-run.ts'

let world: World
let server: MindServer
afterEach(async () => {
  await server.close()
  await rm(dirname(world.folder), { recursive: true, force: true })
})

async function play(mind: MindOptions, more: Partial<Asked> = {}) {
  world = await newWorld(virtualClock())
  server = await startMind(mind)
  const end = await playSession(world, { url: server.url, trials: mind.steps.length, ...more })
  if (end.end === 'broken') throw end.error
  return readJournal(world.folder)
}

test('a mind plays all five roles over the wire, and what it writes is scored and mended', async () => {
  const steps = [
    { component: 'model', worth: 0.05 },
    { component: 'data', worth: 'fails' },
    { component: 'training', worth: -0.05 },
  ] as const
  const { state } = await play({ steps, isBrokenFirst: true })
  expect(await endOf(world.folder)).toMatchObject({
    isFinished: true,
    calls: [...['architect 0', 'architect 0', 'analyst 1', 'model 1', 'analyst 2', 'data 2', 'data 2', 'analyst 3', 'training 3']],
  })
  expect(state.trials.map(({ failures }) => failures.length)).toEqual([1, 0, 1, 0])
  expect(state.trials.map(({ decision }) => decision?.verdict)).toEqual([undefined, 'kept', expect.any(String), 'rejected'])
  const trainings = state.trials.flatMap(({ evaluations, failures }) => [...evaluations, ...failures])
  expect(state.activeSeconds).toBe(trainings.length * TRAINING_SECONDS)
})

test.each([
  ['single-role', {}, ['architect 0', 'single 1', 'single 2']],
  ['all-at-once', {}, ['architect 0', 'single 1', 'single 2']],
  ['zero-shot', {}, ['zero-shot 0', 'zero-shot 1', 'zero-shot 2']],
  ['iterative', { initStepByStep: true, historian: true }, expect.arrayContaining(['architect 0', 'historian 2', 'model 2'])],
] as const)('it plays %s, too', async (strategy, llm, calls) => {
  const steps = [
    { component: 'data', worth: 0.03 },
    { component: 'model', worth: 0.02 },
  ] as const
  const { state } = await play({ steps }, { strategy, llm })
  expect(state.trials).toHaveLength(3)
  expect((await endOf(world.folder)).calls).toEqual(calls)
})
