import type { GoneReason } from '../core/language-model.ts'
import type { Fault, FaultKind } from './faults.ts'

/** Requests for one answer before the provider counts as gone. */
export const MAX_TRIES = 8
/** Time-outs for one answer: a request that took its whole time is asked once more. */
const MAX_TIMEOUTS = 2
const LONGEST_BACKOFF_SECONDS = 60
/** A provider that asks for a longer wait has, to a person waiting, stopped answering. */
export const LONGEST_RETRY_AFTER_SECONDS = 3600

export type Step = { readonly wait: number } | { readonly giveUp: GoneReason }

/**
 * What to do after these faults of one question, of which the last has just come. `random` is 0 up to 1.
 * No wait when nothing changes by waiting; exactly what the provider asks for; else 1, 2, 4 … 60 s, each shortened by up to half so that
 * many programs do not come back at the same moment.
 */
export function nextStep(faults: readonly Fault[], random: number): Step {
  const last = faults.at(-1)
  if (last === undefined) return { wait: 0 }
  const reason = REASON[last.kind]
  if (FINAL.has(last.kind)) return { giveUp: reason }
  if (last.kind === 'timeout')
    return faults.filter(({ kind }) => kind === 'timeout').length >= MAX_TIMEOUTS ? { giveUp: reason } : { wait: 0 }
  if (faults.length >= MAX_TRIES) return { giveUp: reason }
  if (last.retryAfterSeconds === null) return { wait: backoff(faults.length, random) }
  return last.retryAfterSeconds > LONGEST_RETRY_AFTER_SECONDS ? { giveUp: reason } : { wait: last.retryAfterSeconds }
}

function backoff(tries: number, random: number): number {
  return Math.min(LONGEST_BACKOFF_SECONDS, 2 ** (tries - 1)) * (1 - random / 2)
}

const FINAL: ReadonlySet<FaultKind> = new Set(['quota', 'key', 'model', 'request', 'refused'])

const REASON: Readonly<Record<FaultKind, GoneReason>> = {
  'rate-limit': 'rate-limit',
  server: 'server',
  network: 'unreachable',
  timeout: 'timeout',
  empty: 'server',
  quota: 'quota',
  key: 'key',
  model: 'model',
  request: 'model',
  refused: 'model',
}
