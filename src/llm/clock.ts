import { setTimeout as delay } from 'node:timers/promises'

/** Time and chance as arguments, so that a test waits no real minutes. */
export type Clock = {
  /** Milliseconds that only go forward. */
  readonly now: () => number
  /** The time of day, for records. */
  readonly date: () => Date
  /** Rejects with the signal's reason when it fires. */
  readonly sleep: (seconds: number, signal: AbortSignal) => Promise<void>
  /** 0 up to 1. */
  readonly random: () => number
}

export const REAL_CLOCK: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  sleep: async (seconds, signal) => {
    signal.throwIfAborted()
    try {
      await delay(seconds * 1000, undefined, { signal })
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  },
  random: Math.random,
}
