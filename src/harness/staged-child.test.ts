import { expect, test } from 'vitest'
import { fixtureTools } from '../../tests/support/fixture-tools.ts'
import type { Limits } from '../sandbox/sandbox.ts'
import { StagedChild } from './staged-child.ts'
import { withChild } from './run-process.ts'

const LIMITS: Limits = { memoryBytes: 2 ** 30, wallSeconds: 60, processCount: 64, fileBytes: 2 ** 20, outBytes: 2 ** 20 }

/** Follows a program that does nothing of use within the limits and the deadline given. */
async function follow(program: string, limits: Limits, seconds: number, expectedSeconds: number | null) {
  const signal = new AbortController().signal
  const call = { mode: 'train' as const, job: {}, mounts: [], limits, signal }
  return withChild(await fixtureTools(program), call, (child) => {
    const staged = new StagedChild(child, limits)
    staged.enter('train', seconds, expectedSeconds)
    return staged.follow(() => undefined, signal)
  })
}

test('a stage that outlives its deadline is stopped, with the time it should have taken', async () => {
  expect(await follow('hangs', LIMITS, 1, 0.4)).toMatchObject({
    kind: 'timeout',
    message: 'train was stopped after 1.0 s, more than twice its expected 0.4 s',
  })
})

test('a stage without an expectation says how long it was given', async () => {
  expect(await follow('hangs', LIMITS, 1, null)).toMatchObject({ message: 'train was stopped after 1.0 s without finishing' })
})

test('a process that takes too much memory is out of memory, with the limit named', async () => {
  expect(await follow('eats_memory', { ...LIMITS, memoryBytes: 100e6 }, 30, null)).toMatchObject({
    kind: 'out-of-memory',
    message: 'train used more than 100.0 MB of memory; a smaller model, batch or input needs less',
  })
})
