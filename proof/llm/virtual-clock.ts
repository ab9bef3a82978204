import { setImmediate as soon, setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../src/llm/index.ts'

export type VirtualClock = Clock & {
  /** Waits that passed at once because nothing else was going on: those between two requests. */
  readonly waits: readonly number[]
  /** Lets time pass; whatever sleeps is woken at its moment, in order. */
  readonly pass: (seconds: number) => Promise<void>
  /** From now on time leaps from one sleeper to the next, as while an endpoint keeps silent. Stops it, and returns once it stands. */
  readonly leap: () => () => Promise<void>
}

type Sleeper = { readonly at: number; readonly wake: () => void }

/** Real milliseconds before the first leap and between leaps: what was sent on loopback has arrived by then. */
const [FIRST_LEAP, NEXT_LEAP] = [60, 4]

/**
 * Time that moves only from one sleeper to the next, so that what is measured with it is exact. A sleeper that is alone is a wait between
 * requests and passes at once; a request under way has several time limits and waits for `pass` or `leap`.
 */
export function virtualClock(): VirtualClock {
  let now = 0
  const sleepers = new Set<Sleeper>()
  const waits: number[] = []
  const earliest = () => [...sleepers].toSorted((a, b) => a.at - b.at)[0]
  const wakeNext = () => {
    const next = earliest()
    if (next === undefined) return
    now = Math.max(now, next.at)
    next.wake()
  }
  const passIfAlone = (sleeper: Sleeper, seconds: number) => {
    if (sleepers.size !== 1 || !sleepers.has(sleeper)) return
    waits.push(seconds)
    wakeNext()
  }
  return {
    waits,
    now: () => now,
    date: () => new Date(Date.UTC(2026, 10, 23) + now),
    random: () => 0,
    sleep: (seconds, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const settle = (then: () => void) => {
          sleepers.delete(sleeper)
          signal.removeEventListener('abort', stop)
          then()
        }
        const stop = () => settle(() => reject(signal.reason))
        const sleeper = { at: now + seconds * 1000, wake: () => settle(resolve) }
        signal.addEventListener('abort', stop, { once: true })
        sleepers.add(sleeper)
        setImmediate(passIfAlone, sleeper, seconds)
      }),
    pass: async (seconds) => {
      const until = now + seconds * 1000
      for (let next = earliest(); next !== undefined && next.at <= until; next = earliest()) {
        wakeNext()
        await soon()
      }
      now = Math.max(now, until)
    },
    leap: () => {
      let isLeaping = true
      const leaping = (async () => {
        for (let wait = FIRST_LEAP; isLeaping; wait = NEXT_LEAP) {
          await delay(wait)
          if (isLeaping) wakeNext()
        }
      })()
      return () => {
        isLeaping = false
        return leaping
      }
    },
  }
}
