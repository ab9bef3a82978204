import { formatSeconds } from '../core/format.ts'
import type { Clock } from './clock.ts'
import { complete, type Completion, type Request } from './complete.ts'
import { faultOf, Stalled, TimedOut, type Fault } from './faults.ts'
import type { Endpoint } from './providers.ts'

export type AttemptOptions = {
  readonly clock: Clock
  /** Seconds that one request may take, to its last byte. */
  readonly timeoutSeconds: number
  readonly onNote: (text: string) => void
}

export type Attempted =
  | { readonly completion: Completion; readonly seconds: number; readonly firstByteSeconds: number }
  | { readonly fault: Fault; readonly seconds: number }

/** A stream that has begun to speak and falls silent for so long is broken; before the first word a model may think as long as it likes. */
const IDLE_SECONDS = 90
/** A person who waits is told after this long. */
const NOTE_SECONDS = 60

/** One request under its two time limits. Throws the reason of the user's signal, and what is no fault of the provider or the network. */
export async function tryOnce(
  endpoint: Endpoint,
  request: Omit<Request, 'onProgress'>,
  options: AttemptOptions,
  signal: AbortSignal,
): Promise<Attempted> {
  signal.throwIfAborted()
  const { clock } = options
  const [limit, done] = [new AbortController(), new AbortController()]
  const startedAt = clock.now()
  const seconds = () => (clock.now() - startedAt) / 1000
  let firstByteSeconds: number | null = null
  let textAt: number | null = null
  const onProgress = (isText: boolean) => {
    firstByteSeconds ??= seconds()
    if (isText || textAt !== null) textAt = clock.now()
  }
  const watch = watchTime(endpoint, options, { limit, done: done.signal, textAt: () => textAt })
  try {
    const both = AbortSignal.any([signal, limit.signal])
    const completion = await untilAborted(complete(endpoint, { ...request, onProgress }, both), both)
    return { completion, seconds: seconds(), firstByteSeconds: firstByteSeconds ?? seconds() }
  } catch (error) {
    signal.throwIfAborted()
    const fault = faultOf(limit.signal.aborted ? limit.signal.reason : error, clock.date())
    if (fault === null) throw error
    return { fault, seconds: seconds() }
  } finally {
    done.abort()
    await watch
  }
}

type Watch = { readonly limit: AbortController; readonly done: AbortSignal; readonly textAt: () => number | null }

/** Fires `limit` when the request has taken its time, or when its answer has begun and stopped; ends when `done` fires. */
async function watchTime(
  endpoint: Endpoint,
  { clock, timeoutSeconds, onNote }: AttemptOptions,
  { limit, done, textAt }: Watch,
): Promise<void> {
  const whole = after(clock, timeoutSeconds, done, () =>
    limit.abort(new TimedOut(`no whole answer within ${formatSeconds(timeoutSeconds)}`)),
  )
  const told = after(clock, NOTE_SECONDS, done, () => {
    if (textAt() === null)
      onNote(
        `${endpoint.name.text} has not begun to answer for ${formatSeconds(NOTE_SECONDS)}; waiting up to ${formatSeconds(timeoutSeconds)}`,
      )
  })
  const idle = watchIdle(clock, { limit, done, textAt })
  await Promise.all([whole, told, idle])
}

async function watchIdle(clock: Clock, { limit, done, textAt }: Watch): Promise<void> {
  let wait = IDLE_SECONDS
  while (!done.aborted && !limit.signal.aborted) {
    await after(clock, wait, done, () => undefined)
    const last = textAt()
    const silent = last === null ? 0 : (clock.now() - last) / 1000
    if (!done.aborted && silent >= IDLE_SECONDS)
      limit.abort(new Stalled(`the answer stopped in the middle, nothing came for ${IDLE_SECONDS} s`))
    wait = IDLE_SECONDS - silent
  }
}

/** Calls back after some seconds unless `done` fires before. */
async function after(clock: Clock, seconds: number, done: AbortSignal, then: () => void): Promise<void> {
  try {
    await clock.sleep(seconds, done)
  } catch (error) {
    if (done.aborted) return
    throw error
  }
  then()
}

/** Settles at the signal even where what is awaited does not. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
