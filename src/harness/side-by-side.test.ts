import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { stageFailure } from './failure.ts'
import { PaceAgreement, runSideBySide } from './side-by-side.ts'

const never = new AbortController().signal
const done = (name: string) => ({ status: 'predicted', name }) as const
const failure = (message: string) => stageFailure('train', 'diverged', message, '')
/** Ends when it is stopped, with the reason of the stop. */
const untilStopped = (signal: AbortSignal) => sleep(60_000, done('late'), { signal })

test('results come in the order of the tasks, whichever ends first', async () => {
  const tasks = [30, 1, 10].map((milliseconds) => async () => sleep(milliseconds, done(String(milliseconds))))
  expect(await runSideBySide(tasks, never)).toEqual(['30', '1', '10'].map(done))
})

test('the first failure stops the others and is the result', async () => {
  const tasks = [
    untilStopped,
    async () => failure('first'),
    async (signal: AbortSignal) => untilStopped(signal).catch(() => failure('echo')),
  ]
  expect(await runSideBySide(tasks, never)).toEqual(failure('first'))
})

test('an error stops the others and is thrown as it is', async () => {
  const broken = async () => Promise.reject(new Error('disk full'))
  await expect(runSideBySide([untilStopped, broken], never)).rejects.toThrow('disk full')
})

test('a user who stops gets the reason of the stop after all tasks have ended', async () => {
  const stop = new AbortController()
  const ended: string[] = []
  const slow = async (signal: AbortSignal) => {
    try {
      return await untilStopped(signal)
    } finally {
      await sleep(20)
      ended.push('slow')
    }
  }
  const pending = runSideBySide([untilStopped, slow], stop.signal)
  stop.abort(new Error('stopped by the user'))
  await expect(pending).rejects.toThrow('stopped by the user')
  expect(ended).toEqual(['slow'])
})

test('trainings that measure beside each other go by the mean of their speeds', async () => {
  const agreement = new PaceAgreement(2)
  const [one, two] = [agreement.join(), agreement.join()]
  const first = one.agree({ imagesPerSecond: 100, cpuSecondsPerImage: 0.02, batchSize: 8 })
  let isSettled = false
  void first.then(() => (isSettled = true))
  await sleep(5)
  expect(isSettled).toBe(false)
  expect(await two.agree({ imagesPerSecond: 300, cpuSecondsPerImage: 0.04, batchSize: 8 })).toEqual({
    imagesPerSecond: 200,
    cpuSecondsPerImage: 0.03,
    batchSize: 8,
  })
  expect(await first).toEqual({ imagesPerSecond: 200, cpuSecondsPerImage: 0.03, batchSize: 8 })
})

test('a training that ends without a speed is not waited for', async () => {
  const agreement = new PaceAgreement(2)
  const [one, two] = [agreement.join(), agreement.join()]
  const first = one.agree({ imagesPerSecond: 100, cpuSecondsPerImage: 0.02, batchSize: 8 })
  two.leave()
  two.leave()
  expect(await first).toEqual({ imagesPerSecond: 100, cpuSecondsPerImage: 0.02, batchSize: 8 })
})
