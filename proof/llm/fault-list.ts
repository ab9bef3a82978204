import type { GoneReason } from '../../src/core/language-model.ts'
import type { Play } from '../../tests/support/llm-server.ts'

/** What goes wrong with a provider, and what the run is to make of it. */
export type Fault = {
  readonly name: string
  readonly play: (at: Moment) => Play
  /** Requests that it lasts for; a fault that lasts is over when the run has paused. */
  readonly lasts: number
  /** Why the run pauses; null: it comes to its end in one go. */
  readonly pauses: GoneReason | null
  /** Seconds that must have been waited, among others. */
  readonly waits?: readonly number[]
  /** Whether time leaps on while the endpoint keeps silent. */
  readonly leaps?: true
  /** Whether the role asks once more, which is a call of its own. */
  readonly isAskedAgain?: true
}

export type Moment = {
  /** What the mind would have answered. */
  readonly answer: string
  readonly now: Date
}

const FOREVER = Number.POSITIVE_INFINITY

const status = (code: number, message: string, headers: Record<string, string> = {}): Play => ({
  play: 'status',
  status: code,
  headers,
  body: { error: { message, type: 'error' } },
})

const over = (name: string, lasts: number, play: Fault['play'], more: Partial<Fault> = {}): Fault => ({
  name,
  play,
  lasts,
  pauses: null,
  ...more,
})
const gone = (name: string, pauses: GoneReason, play: Fault['play'], more: Partial<Fault> = {}): Fault => ({
  name,
  play,
  lasts: FOREVER,
  pauses,
  ...more,
})

const TURNED_AWAY: readonly Fault[] = [
  over('429, retry-after in seconds', 1, () => status(429, 'slow down', { 'retry-after': '37' }), { waits: [37] }),
  over('429, retry-after as a date', 1, ({ now }) => status(429, 'slow down', { 'retry-after': inSeconds(now, 41) }), {
    waits: [41],
  }),
  over('429, retry-after in milliseconds', 1, () => status(429, 'slow down', { 'retry-after-ms': '1500' }), { waits: [1.5] }),
  over('429 three times without retry-after', 3, () => status(429, 'slow down'), { waits: [1, 2, 4] }),
  gone('429 that lasts', 'rate-limit', () => status(429, 'slow down'), { waits: [1, 2, 4, 8, 16, 32, 60] }),
  gone('429, retry-after of two hours', 'rate-limit', () => status(429, 'slow down', { 'retry-after': '7200' })),
  gone('429, no quota left', 'quota', () => status(429, 'You exceeded your current quota (insufficient_quota)')),
  gone('401', 'key', () => status(401, 'Incorrect API key provided')),
  gone('402', 'quota', () => status(402, 'Insufficient credits')),
  gone('403', 'key', () => status(403, 'Your country is not supported')),
  gone('404', 'model', () => status(404, 'The model `mind` does not exist')),
  gone('400, question too long', 'model', () => status(400, 'maximum context length is 4096 tokens')),
  gone('301 to another place', 'model', () => status(301, 'moved', { location: 'http://127.0.0.1:9/v1' })),
]

const OUT_OF_ORDER: readonly Fault[] = [
  over('500', 1, () => status(500, 'internal error')),
  over('502 twice', 2, () => status(502, 'bad gateway'), { waits: [1, 2] }),
  gone('503 that lasts', 'server', () => status(503, 'overloaded'), { waits: [60] }),
  over('529 three times', 3, () => status(529, 'overloaded'), { waits: [1, 2, 4] }),
  over('408', 1, () => status(408, 'request timeout')),
  over('reset before the first byte', 1, () => ({ play: 'reset' })),
  over('reset within the reply', 1, ({ answer }) => ({ play: 'reset', text: half(answer) })),
  over('silence before the headers', 1, () => ({ play: 'stall' }), { leaps: true }),
  gone('silence that lasts', 'timeout', () => ({ play: 'stall' }), { leaps: true }),
  over('silence within the reply', 1, ({ answer }) => ({ play: 'stall', text: half(answer) }), { leaps: true }),
  over('a drip slower than the time-out', 1, () => ({ play: 'drip', text: 'x'.repeat(3000), milliseconds: 1 }), { leaps: true }),
]

const overloaded = { message: 'overloaded', type: 'overloaded_error' }
const BROKEN_STREAMS: readonly Fault[] = [
  over('200, then an error event', 1, () => ({ play: 'error-event', error: overloaded })),
  over('an error event within the reply', 1, ({ answer }) => ({ play: 'error-event', text: half(answer), error: overloaded })),
  gone('an error event about the quota', 'quota', () => ({ play: 'error-event', error: { message: 'insufficient_quota' } })),
  over('a stream that ends before the reply does', 1, ({ answer }) => ({ play: 'truncated', text: half(answer) })),
  over('broken JSON', 1, () => ({ play: 'broken-json' })),
  over('a page instead of a stream', 1, () => ({ play: 'raw', body: '<html>gateway</html>', contentType: 'text/html' })),
  over('JSON instead of a stream', 1, () => ({ play: 'raw', body: '{"choices": []}', contentType: 'application/json' })),
  over('bytes that are no text', 1, () => ({ play: 'raw', body: '\u0000\u0001\uFFFD'.repeat(5000) })),
  over('nothing at all', 1, () => ({ play: 'raw', body: '' })),
]

const asked = { isAskedAgain: true } as const
const USELESS_REPLIES: readonly Fault[] = [
  over('an empty reply', 1, () => ({ play: 'reply', text: '' })),
  over('a reply of blanks', 1, () => ({ play: 'reply', text: ' \n\n ' })),
  over('all tokens thought away', 1, () => ({ play: 'reply', text: '', finish: 'length', thought: 'hm '.repeat(500) })),
  over('cut at the most tokens', 1, ({ answer }) => ({ play: 'reply', text: answer.slice(0, 40), finish: 'length' }), asked),
  over('stopped by a filter', 1, () => ({ play: 'reply', text: '', finish: 'content_filter' }), asked),
  over('turned down by a filter', 1, () => status(400, 'flagged by content_policy'), asked),
  over('a refusal in words', 1, () => ({ play: 'reply', text: "I'm sorry, I can't help with that." }), asked),
  over('a refusal in its own field', 1, () => ({ play: 'refusal', text: 'I must decline.' }), asked),
  over('three megabytes', 1, () => ({ play: 'reply', text: 'and so on '.repeat(300_000) }), asked),
  over('a reply without a count of tokens', 1, ({ answer }) => ({ play: 'reply', text: answer, usage: null })),
]

export const FAULTS: readonly Fault[] = [...TURNED_AWAY, ...OUT_OF_ORDER, ...BROKEN_STREAMS, ...USELESS_REPLIES]

/** What keeps a request from arriving at all, as another address for the base URL of an endpoint that works. */
export const ADDRESSES: Readonly<Record<string, (url: string) => string>> = {
  'a name that no DNS knows': (url) => url.replace('127.0.0.1', 'improve.invalid'),
  'no TLS where TLS is asked for': (url) => url.replace('http:', 'https:'),
  'a port where nobody listens': () => 'http://127.0.0.1:9/v1',
}

function inSeconds(now: Date, seconds: number): string {
  return new Date(now.getTime() + seconds * 1000).toUTCString()
}

function half(text: string): string {
  return text.slice(0, Math.floor(text.length / 2))
}
