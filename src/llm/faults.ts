import { AISDKError, APICallError } from 'ai'
import { printable } from '../core/names.ts'

/**
 * What kept a request from being answered. `refused` is the provider's filter saying no before the model speaks, `request` a question
 * that it calls malformed, such as one that is too long.
 */
export type FaultKind =
  | 'rate-limit'
  | 'server'
  | 'network'
  | 'timeout'
  | 'empty'
  | 'quota'
  | 'key'
  | 'model'
  | 'request'
  | 'refused'

export type Fault = {
  readonly kind: FaultKind
  /** One line with the provider's own words, which are untrusted and may hold a key until they are redacted. */
  readonly message: string
  /** What the provider asked us to wait. */
  readonly retryAfterSeconds: number | null
  /** Whether it is the demand for structured output that was turned down. */
  readonly isAboutSchema: boolean
}

/** No answer within the time allowed. */
export class TimedOut extends Error {}
/** The answer had begun and nothing more came. */
export class Stalled extends Error {}
/** The stream itself told of an error, or ended before the answer did. */
export class BrokenStream extends Error {}

/** What an error of a request means, or null where it is no fault of the provider or the network. */
export function faultOf(error: unknown, now: Date): Fault | null {
  if (error instanceof TimedOut) return fault('timeout', error.message)
  if (error instanceof Stalled) return fault('network', error.message)
  if (error instanceof BrokenStream) return faultOfStream(error)
  if (APICallError.isInstance(error) && error.statusCode !== undefined) return faultOfStatus(error, error.statusCode, now)
  if (APICallError.isInstance(error) || isNetwork(error)) return fault('network', networkWords(error))
  // The SDK could not make sense of what came back.
  return AISDKError.isInstance(error) ? fault('server', networkWords(error)) : null
}

/** `fetch` and the body of its response fail with a TypeError whose cause has a code, or with "terminated". */
function isNetwork(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth++)
    if (
      ('code' in cause && typeof cause.code === 'string' && /^[A-Z][A-Z_]+\d*$/.test(cause.code)) ||
      cause.message === 'terminated'
    )
      return true
  return false
}

export function fault(kind: FaultKind, message: string): Fault {
  return { kind, message: printable(message, 400), retryAfterSeconds: null, isAboutSchema: false }
}

const QUOTA =
  /insufficient_quota|billing|credit balance|spend(?:ing)?[ _-]limit|usage limits?\b|hard_limit|payment|perday|per day|daily limit|out of credits/i
const SCHEMA = /response_format|json_schema|output_config|responseSchema|response_json_schema|structured output|output_format/i
const FILTER = /content_filter|content_policy|content management policy|safety system|moderation|flagged/i
const KEY = /api[ _-]?key|unauthenticated|unauthorized|authentication/i
const RATE = /rate[ _-]?limit|too many requests|resource_exhausted/i

function faultOfStatus(error: APICallError, status: number, now: Date): Fault {
  const words = `${error.message} ${error.responseBody ?? ''}`
  const retryAfterSeconds = retryAfter(error.responseHeaders ?? {}, error.responseBody ?? '', now)
  const kind = kindOfStatus(status, words, retryAfterSeconds)
  return {
    ...fault(kind, `${status}: ${error.message}`),
    retryAfterSeconds,
    isAboutSchema: kind === 'request' && SCHEMA.test(words),
  }
}

function kindOfStatus(status: number, words: string, retryAfterSeconds: number | null): FaultKind {
  if (status === 402) return 'quota'
  // Google words a limit per minute as a quota and tells how long to wait; a limit per day says so.
  if (status === 429) return isSpent(words, retryAfterSeconds) ? 'quota' : 'rate-limit'
  if (status === 401) return 'key'
  if (status === 403) return FILTER.test(words) ? 'refused' : QUOTA.test(words) ? 'quota' : 'key'
  if (status === 404) return 'model'
  if (status === 408 || status === 409 || status === 425) return 'server'
  if (status >= 300 && status < 500) return kindOfBadRequest(words)
  return 'server'
}

function isSpent(words: string, retryAfterSeconds: number | null): boolean {
  return /insufficient_quota|perday|per day/i.test(words) || (retryAfterSeconds === null && QUOTA.test(words))
}

function kindOfBadRequest(words: string): FaultKind {
  if (FILTER.test(words)) return 'refused'
  if (/credit balance|usage limits?\b|billing/i.test(words)) return 'quota'
  if (/api[ _-]?key (?:not valid|invalid|expired)|invalid[ _]api[ _]?key|API_KEY_INVALID/i.test(words)) return 'key'
  if (/model[^.]{0,60}(?:not found|does not exist|not exist|unknown|not supported)|no such model/i.test(words)) return 'model'
  return 'request'
}

/** An error event carries no status, or one among its fields. */
function faultOfStream(error: BrokenStream): Fault {
  const words = error.message
  const status = /"(?:code|status|statusCode)":"?(\d{3})\b/.exec(words)?.[1]
  const kind = status === undefined ? kindOfWords(words) : kindOfStatus(Number(status), words, null)
  return fault(kind, `the stream broke off: ${words}`)
}

function kindOfWords(words: string): FaultKind {
  if (/insufficient_quota/i.test(words)) return 'quota'
  if (RATE.test(words)) return 'rate-limit'
  return KEY.test(words) && /invalid|incorrect|missing/i.test(words) ? 'key' : 'server'
}

/** Seconds that the provider asks for: `retry-after-ms`, `retry-after` in seconds or as a date, or Google's `retryDelay`. */
export function retryAfter(headers: Readonly<Record<string, string>>, body: string, now: Date): number | null {
  const milliseconds = Number(headers['retry-after-ms'] ?? Number.NaN)
  if (milliseconds > 0 && Number.isFinite(milliseconds)) return milliseconds / 1000
  const header = headers['retry-after']?.trim() ?? ''
  const seconds = /^\d+(?:\.\d+)?$/.test(header) ? Number(header) : (Date.parse(header) - now.getTime()) / 1000
  if (seconds > 0 && Number.isFinite(seconds)) return seconds
  const delay = Number(/"retryDelay":\s*"(\d+(?:\.\d+)?)s"/.exec(body)?.[1] ?? Number.NaN)
  return delay > 0 ? delay : null
}

/** The words of the deepest cause, which alone says what happened: "fetch failed" is on every one of them. */
function networkWords(error: unknown): string {
  let deepest: unknown = error
  for (let depth = 0; depth < 8 && deepest instanceof Error && deepest.cause instanceof Error; depth++) deepest = deepest.cause
  if (!(deepest instanceof Error)) return String(deepest)
  const code = 'code' in deepest && typeof deepest.code === 'string' ? `${deepest.code}: ` : ''
  // Node tries IPv4 and IPv6 and hands back an error of errors without a message of its own.
  const first: unknown = deepest instanceof AggregateError ? deepest.errors[0] : undefined
  return code + (deepest.message || (first instanceof Error ? first.message : deepest.name))
}
