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
    message: 'train was stopped after 1.0 s, 2.5 times its expected 0.4 s',
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

test('a stage that is slow and goes on is given longer than its deadline; one that stands still is not', async () => {
  const seconds = 0.5
  const ends = async (share: (elapsed: number) => number) => {
    const started = performance.now()
    const call = { mode: 'train' as const, job: {}, mounts: [], limits: LIMITS, signal: new AbortController().signal }
    const failure = await withChild(await fixtureTools('hangs'), call, async (child) => {
      const staged = new StagedChild(child, LIMITS)
      staged.enter('train', seconds, 0.2)
      const steps = setInterval(() => staged.advance(share((performance.now() - started) / 1000)), 50)
      return staged.follow(() => undefined, call.signal).finally(() => clearInterval(steps))
    })
    return { failure, took: (performance.now() - started) / 1000 }
  }
  const slow = await ends((elapsed) => Math.min(0.9, elapsed / 1.2))
  expect(slow.took).toBeGreaterThan(2 * seconds)
  expect(slow.failure).toMatchObject({ kind: 'timeout', message: expect.stringContaining('with 90 % done') })
  expect((await ends(() => 0.01)).took).toBeLessThan(2 * seconds)
}, 20_000)
