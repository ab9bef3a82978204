import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../src/llm/index.ts'

export type FakeClock = Clock & {
  /** Waits between requests, in seconds. */
  readonly waits: readonly number[]
  /** Lets time pass, half a minute every few milliseconds, until the promise settles. */
  readonly hurry: <T>(promise: Promise<T>) => Promise<T>
}

type Sleeper = { readonly at: number; readonly seconds: number; readonly wake: () => void }

/**
 * A clock for the tests of retries. A wait between two requests is the only sleep at its time and passes at once; the time limits of a
 * request are several, and pass in `hurry` alone.
 */
export function fakeClock(): FakeClock {
  let now = 0
  const sleepers = new Set<Sleeper>()
  const waits: number[] = []
  const passTo = (time: number) => {
    now = time
    for (const sleeper of [...sleepers].toSorted((a, b) => a.at - b.at)) if (sleeper.at <= now) sleeper.wake()
  }
  const passIfAlone = (sleeper: Sleeper) => {
    if (sleepers.size !== 1 || !sleepers.has(sleeper)) return
    waits.push(sleeper.seconds)
    passTo(sleeper.at)
  }
  return {
    waits,
    now: () => now,
    date: () => new Date(Date.UTC(2026, 10, 23) + now),
    random: () => 0,
    sleep: (seconds, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const sleeper = { at: now + seconds * 1000, seconds, wake: () => settle(resolve) }
        const stop = () => settle(() => reject(signal.reason))
        const settle = (then: () => void) => {
          sleepers.delete(sleeper)
          signal.removeEventListener('abort', stop)
          then()
        }
        signal.addEventListener('abort', stop, { once: true })
        sleepers.add(sleeper)
        setImmediate(passIfAlone, sleeper)
      }),
    hurry: async (promise) => {
      let isSettled = false
      const settled = promise.finally(() => (isSettled = true))
      settled.catch(() => undefined)
      while (!isSettled) {
        await delay(5)
        passTo(now + 30_000)
      }
      return settled
    },
  }
}
