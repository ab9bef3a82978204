import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { virtualClock } from './virtual-clock.ts'

const { signal } = new AbortController()

test('a sleeper that is alone wakes at once, and its seconds have passed', async () => {
  const clock = virtualClock()
  await clock.sleep(37, signal)
  expect(clock.now()).toBe(37_000)
  expect(clock.waits).toEqual([37])
})

test('several sleepers wait until time passes, and wake in their order', async () => {
  const clock = virtualClock()
  const woken: number[] = []
  const sleeping = [90, 60, 900].map(async (seconds) => {
    await clock.sleep(seconds, signal)
    woken.push(seconds)
  })
  await delay(20)
  expect(clock.now()).toBe(0)
  await clock.pass(840)
  expect(clock.now()).toBe(840_000)
  expect(woken).toEqual([60, 90])
  await clock.pass(60)
  await Promise.all(sleeping)
  expect(woken).toEqual([60, 90, 900])
})

test('while it leaps time goes to each sleeper, and stands when nobody sleeps', async () => {
  const clock = virtualClock()
  const sleeping = Promise.all([clock.sleep(60, signal), clock.sleep(900, signal)])
  const stop = clock.leap()
  await sleeping
  await delay(30)
  await stop()
  expect(clock.now()).toBe(900_000)
})

test('a sleep ends with the reason of its signal', async () => {
  const clock = virtualClock()
  const stop = new AbortController()
  const both = Promise.allSettled([clock.sleep(60, stop.signal), clock.sleep(90, stop.signal)])
  stop.abort(new Error('enough'))
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await expect(clock.sleep(1, stop.signal)).rejects.toThrow('enough')
  expect(clock.now()).toBe(0)
})
