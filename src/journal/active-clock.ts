/** Where times come from; tests bring their own. */
export type Clock = {
  readonly now: () => Date
  /** Seconds since any fixed moment; never set back. */
  readonly monotonicSeconds: () => number
}

export const systemClock: Clock = { now: () => new Date(), monotonicSeconds: () => performance.now() / 1000 }

/** Counts the seconds in which the run works. */
export type ActiveClock = {
  readonly seconds: () => number
  /** Stops the count until `resume` was called as often as `pause`. */
  readonly pause: () => void
  readonly resume: () => void
}

/** A clock that goes on from what earlier sessions of the run have counted. */
export function makeActiveClock(clock: Clock, earlierSeconds: number): ActiveClock {
  let counted = earlierSeconds
  let countingSince = clock.monotonicSeconds()
  let pauses = 0
  const seconds = () => counted + (pauses > 0 ? 0 : clock.monotonicSeconds() - countingSince)
  return {
    seconds,
    pause: () => {
      counted = seconds()
      pauses++
    },
    resume: () => {
      if (pauses === 0) throw new Error('the clock of the run is resumed without having been paused')
      pauses--
      countingSince = clock.monotonicSeconds()
    },
  }
}
