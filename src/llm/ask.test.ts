import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ProviderGone, type CallCost } from '../core/language-model.ts'
import { fakeClock, type FakeClock } from '../../tests/support/llm-clock.ts'
import { sampleQuestion } from '../../tests/support/llm-question.ts'
import { startLlmServer, type LlmServer, type Script } from '../../tests/support/llm-server.ts'
import { openAsk, type OpenAskOptions, type OpenedAsk } from './open-ask.ts'

const KEY = 'planted-key-0123456789abcdef'
const schema = {
  type: 'object',
  properties: { component: { type: 'string' } },
  required: ['component'],
  additionalProperties: false,
}

let root: string
let server: LlmServer
let opened: OpenedAsk
let clock: FakeClock
let calls: CallCost[]
let notes: string[]
let clockEvents: string[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'improve-ask-'))
  ;[calls, notes, clockEvents] = [[], [], []]
  clock = fakeClock()
})
afterEach(async () => {
  await opened.close()
  await server.close()
  await rm(root, { recursive: true })
})

async function start(script: Script, options: Partial<OpenAskOptions> = {}): Promise<OpenedAsk> {
  server = await startLlmServer(script)
  opened = await reopen(options)
  return opened
}

function reopen(options: Partial<OpenAskOptions> = {}): Promise<OpenedAsk> {
  return openAsk({
    choice: { model: 'local:m', roles: {}, baseUrl: server.url },
    environment: { LOCAL_API_KEY: KEY },
    folder: join(root, 'llm'),
    spent: () => ({
      usd: calls.reduce((sum, { usd }) => sum + (usd ?? 0), 0),
      tokens: calls.reduce((sum, call) => sum + (call.isReplayed ? 0 : (call.inputTokens ?? 0) + (call.outputTokens ?? 0)), 0),
    }),
    isBooked: (exchange) => calls.some((call) => call.exchange === exchange),
    onCall: async (cost) => void calls.push(cost),
    onNote: (text) => notes.push(text),
    runClock: { pause: () => clockEvents.push('pause'), resume: () => clockEvents.push('resume') },
    clock,
    ...options,
  })
}

const never = new AbortController().signal
const ask = (changes = {}) => opened.ask(sampleQuestion(changes), never)

async function goneOf(promise: Promise<unknown>): Promise<ProviderGone> {
  const error: unknown = await promise.then(
    () => new Error('answered'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof ProviderGone)) throw error
  return error
}

describe('one answer', () => {
  test('is handed on, booked and stored', async () => {
    await start([{ play: 'reply', text: 'overfitting', usage: { input: 900, output: 40, cached: 700, reasoning: 25 } }])
    expect(await ask()).toEqual({ text: 'overfitting', end: 'complete' })
    expect(calls).toEqual([
      expect.objectContaining({
        role: 'analyst',
        trial: 3,
        model: 'local:m',
        inputTokens: 900,
        cachedInputTokens: 700,
        outputTokens: 40,
        reasoningTokens: 25,
        usd: null,
        attempts: 1,
        exchange: 'llm/0001-analyst.json',
        isReplayed: false,
      }),
    ])
    const stored = JSON.parse(await readFile(join(root, calls[0]?.exchange ?? ''), 'utf8')) as Record<string, unknown>
    expect(stored).toMatchObject({
      version: 1,
      model: 'local:m',
      reply: { text: 'overfitting' },
      question: { instructions: sampleQuestion().instructions },
    })
    expect(clockEvents).toEqual(['pause', 'resume'])
  })

  test('is asked for with the instructions first, the key in a header, and the most tokens allowed', async () => {
    await start([{ play: 'reply', text: 'ok' }])
    await ask({
      turns: [
        { from: 'us', text: 'first' },
        { from: 'model', text: 'unusable' },
        { from: 'us', text: 'again' },
      ],
    })
    const { body, headers, path } = server.requests[0] ?? { body: {}, headers: {}, path: '' }
    expect(path).toBe('/v1/chat/completions')
    expect(headers.authorization).toBe(`Bearer ${KEY}`)
    expect(body).toMatchObject({ model: 'm', stream: true, max_tokens: 400 })
    expect((body.messages as { role: string }[]).map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user'])
  })

  test.each([
    ['complete', { play: 'reply', text: 'x' }],
    ['cut', { play: 'reply', text: 'half a', finish: 'length' }],
    ['refused', { play: 'reply', text: '', finish: 'content_filter' }],
    ['refused', { play: 'refusal', text: 'I cannot help with that.' }],
  ] as const)('ends %s: %j', async (end, play) => {
    await start([play])
    expect((await ask()).end).toBe(end)
    expect(server.requests).toHaveLength(1)
  })

  test('a filter that answers 400 is a refusal', async () => {
    await start([{ play: 'status', status: 400, body: { error: { message: 'blocked', code: 'content_filter' } } }])
    expect(await ask()).toEqual({ text: '', end: 'refused' })
  })

  test('a slow drip is one answer', async () => {
    await start([{ play: 'drip', text: 'drop by drop', milliseconds: 5 }])
    expect((await ask()).text).toBe('drop by drop')
  })

  test('thinking before the answer is left out of it', async () => {
    await start([{ play: 'reply', text: '<think>hm {"a":1}</think>\n\nthe answer', thought: 'deep' }])
    expect((await ask()).text).toBe('the answer')
  })

  test('thinking that takes all tokens gets more room, and its tokens are booked', async () => {
    await start([
      { play: 'reply', text: '<think>and on', finish: 'length', usage: { input: 10, output: 400 } },
      { play: 'reply', text: 'done', usage: { input: 10, output: 30 } },
    ])
    expect(await ask()).toEqual({ text: 'done', end: 'complete' })
    expect(server.requests.map(({ body }) => body.max_tokens)).toEqual([400, 8400])
    expect(calls[0]).toMatchObject({ inputTokens: 20, outputTokens: 430, attempts: 2 })
  })

  test('a model that only ever thinks is cut, not asked for ever', async () => {
    await start([{ play: 'reply', text: '<think>and on', finish: 'length' }])
    expect(await ask()).toEqual({ text: '', end: 'cut' })
    expect(server.requests).toHaveLength(3)
  })
})

describe('pictures and schemas', () => {
  test('a picture goes to a model that sees, after its caption', async () => {
    await start([{ play: 'reply', text: 'ok' }], { known: { 'local:m': { vision: true } } })
    await ask({
      turns: [{ from: 'us', text: 'look', images: [{ png: new Uint8Array([137, 80, 78, 71]), caption: 'dev errors' }] }],
    })
    const content = JSON.stringify(server.requests[0]?.body.messages)
    expect(content).toContain('Picture 1: dev errors')
    expect(content).toContain('data:image/png;base64,iVBORw==')
    expect(await readFile(join(root, 'llm/0001-analyst.json'), 'utf8')).toContain(
      '0f4636c78f65d3639ece5a064b5ae753e3408614a14fb18ab4d7540d2c248543',
    )
  })

  test('a model that does not see is told that a picture was left out', async () => {
    await start([{ play: 'reply', text: 'ok' }])
    await ask({ turns: [{ from: 'us', text: 'look', images: [{ png: new Uint8Array([1]), caption: 'dev errors' }] }] })
    const content = JSON.stringify(server.requests[0]?.body.messages)
    expect(content).toContain('left out, this model takes no pictures')
    expect(content).not.toContain('image_url')
  })

  test('the schema stands in the prompt, and binds an endpoint that can be bound', async () => {
    await start([{ play: 'reply', text: '{"component":"data"}' }], { known: { 'local:m': { structured: true } } })
    expect((await ask({ schema })).text).toBe('{"component":"data"}')
    expect(server.requests[0]?.body.response_format).toMatchObject({ type: 'json_schema', json_schema: { schema } })
    expect(JSON.stringify(server.requests[0]?.body.messages)).toContain('component')
  })

  test('an endpoint that is not known to take a schema is sent none', async () => {
    await start([{ play: 'reply', text: '{"component":"data"}' }])
    await ask({ schema })
    expect(server.requests[0]?.body.response_format).toBeUndefined()
    expect(JSON.stringify(server.requests[0]?.body.messages)).toContain('fits this JSON schema')
  })

  test('a schema that is turned down goes into the prompt instead, and that is said', async () => {
    const turnedDown = { play: 'status', status: 400, body: { error: { message: "'response_format' is not supported" } } } as const
    await start([turnedDown, { play: 'reply', text: '{}' }], { known: { 'local:m': { structured: true } } })
    expect((await ask({ schema })).text).toBe('{}')
    expect(server.requests[1]?.body.response_format).toBeUndefined()
    expect(notes.join()).toContain('takes no JSON schema')
  })
})

describe('a provider that fails', () => {
  test.each([
    ['503', { play: 'status', status: 503 }],
    ['529', { play: 'status', status: 529 }],
    ['a reset before the first byte', { play: 'reset' }],
    ['a reset in the middle', { play: 'reset', text: 'half' }],
    ['an error event', { play: 'error-event', text: 'half', error: { message: 'overloaded', type: 'overloaded_error' } }],
    ['broken JSON', { play: 'broken-json' }],
    ['a stream that ends before the answer', { play: 'truncated', text: 'half' }],
    ['a page instead of a stream', { play: 'raw', body: '<html>gateway</html>', contentType: 'text/html' }],
    ['an empty answer', { play: 'reply', text: '  ' }],
  ] as const)('%s is asked again', async (_name, play) => {
    await start([play, { play: 'reply', text: 'whole' }])
    expect(await ask()).toEqual({ text: 'whole', end: 'complete' })
    expect(clock.waits).toEqual([1])
    expect(calls[0]?.attempts).toBe(2)
  })

  test('is asked 8 times, 1, 2, 4 … 60 s apart, and is gone then', async () => {
    await start([{ play: 'status', status: 502 }])
    const gone = await goneOf(ask())
    expect(gone.reason).toBe('server')
    expect(clock.waits).toEqual([1, 2, 4, 8, 16, 32, 60])
    expect(server.requests).toHaveLength(8)
    expect(notes.at(-1)).toContain('asking again in 1 min')
    expect(calls).toEqual([])
    expect(clockEvents).toEqual(['pause', 'resume'])
  })

  test('a wait that the provider asks for is kept exactly', async () => {
    await start([
      { play: 'status', status: 429, headers: { 'retry-after': '37' } },
      { play: 'reply', text: 'ok' },
    ])
    await ask()
    expect(clock.waits).toEqual([37])
    expect(notes).toEqual([expect.stringContaining('asking again in 37 s')])
  })

  test.each([
    ['key', 401, { error: { message: 'Incorrect API key provided' } }],
    ['key', 403, { error: { message: 'Country not supported' } }],
    ['quota', 402, { error: { message: 'Insufficient credits' } }],
    ['quota', 429, { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } }],
    ['quota', 400, { error: { message: 'Your credit balance is too low to access the API' } }],
    ['model', 404, { error: { message: 'The model `m` does not exist' } }],
    ['model', 400, { error: { message: 'maximum context length is 4096 tokens' } }],
    ['model', 301, {}],
  ] as const)('%s: %i is not asked again', async (reason, status, body) => {
    await start([{ play: 'status', status, body, headers: status === 301 ? { location: 'http://127.0.0.1:9/' } : {} }])
    const gone = await goneOf(ask())
    expect(gone.reason).toBe(reason)
    expect(gone.fix).not.toBe('')
    expect(server.requests).toHaveLength(1)
  })

  test('nothing that listens is unreachable, with the address', async () => {
    await start([{ play: 'reset' }])
    const { url } = server
    await server.close()
    const gone = await goneOf(ask())
    server = await startLlmServer([{ play: 'reset' }])
    expect(gone.reason).toBe('unreachable')
    expect(gone.message).toContain(url)
    expect(gone.evidence.join()).toContain('ECONNREFUSED')
  })

  test('a name that no DNS knows is unreachable', async () => {
    await start([{ play: 'reset' }])
    await opened.close()
    opened = await reopen({ choice: { model: 'local:m', roles: {}, baseUrl: 'http://improve.invalid/v1' } })
    expect((await goneOf(ask())).reason).toBe('unreachable')
  })

  test('something that speaks no TLS is unreachable', async () => {
    await start([{ play: 'reset' }])
    await opened.close()
    opened = await reopen({ choice: { model: 'local:m', roles: {}, baseUrl: server.url.replace('http:', 'https:') } })
    expect((await goneOf(ask())).reason).toBe('unreachable')
  })
})

describe('time', () => {
  test('no answer within the time-out is asked once more, then the provider is gone', async () => {
    await start([{ play: 'stall' }])
    const gone = await clock.hurry(goneOf(ask()))
    expect(gone.reason).toBe('timeout')
    expect(server.requests).toHaveLength(2)
    expect(clock.now()).toBeGreaterThanOrEqual(1_800_000)
    expect(notes.join('\n')).toContain('has not begun to answer for 1 min; waiting up to 15 min')
  })

  test('an answer that comes after a time-out counts', async () => {
    await start([{ play: 'stall' }, { play: 'reply', text: 'late' }])
    expect((await clock.hurry(ask())).text).toBe('late')
  })

  test('an endpoint that needs 14 minutes to its first byte is waited for', async () => {
    const { promise: answered, resolve } = gate()
    await start(async () => {
      await answered
      return { play: 'reply', text: 'at last' }
    })
    const reply = clock.hurry(ask())
    while (clock.now() < 840_000) await new Promise((later) => setTimeout(later, 1))
    resolve()
    expect((await reply).text).toBe('at last')
    expect(server.requests).toHaveLength(1)
  })

  test('an answer that stops in the middle is asked again after 90 s', async () => {
    await start([
      { play: 'stall', text: 'half' },
      { play: 'reply', text: 'whole' },
    ])
    expect((await clock.hurry(ask())).text).toBe('whole')
    expect(clock.now()).toBeLessThan(400_000)
  })

  test('the user stops a request at once', async () => {
    await start([{ play: 'stall' }])
    const stop = new AbortController()
    const answer = opened.ask(sampleQuestion(), stop.signal)
    while (server.requests.length === 0) await new Promise((later) => setTimeout(later, 1))
    stop.abort(new Error('stopped by the user'))
    await expect(answer).rejects.toThrow('stopped by the user')
    expect(clockEvents).toEqual(['pause', 'resume'])
  })

  test('the user stops a wait at once', async () => {
    const stop = new AbortController()
    const sleep: FakeClock['sleep'] = (seconds, signal) => {
      if (seconds === 37) setImmediate(() => stop.abort(new Error('stopped by the user')))
      return seconds === 37 ? rejectAt(signal) : clock.sleep(seconds, signal)
    }
    await start([{ play: 'status', status: 429, headers: { 'retry-after': '37' } }], { clock: { ...clock, sleep } })
    await expect(opened.ask(sampleQuestion(), stop.signal)).rejects.toThrow('stopped by the user')
    expect(server.requests).toHaveLength(1)
  })

  test('the clock of the run stands still from the first of several questions to the last answer', async () => {
    await start([{ play: 'reply', text: 'ok' }])
    await Promise.all([ask({ trial: 1 }), ask({ trial: 2 }), ask({ trial: 4 })])
    expect(clockEvents).toEqual(['pause', 'resume'])
    expect((await readdir(join(root, 'llm'))).toSorted()).toEqual(['0001-analyst.json', '0002-analyst.json', '0003-analyst.json'])
  })
})

describe('what was stored', () => {
  test('answers the same question again without a request', async () => {
    await start([
      { play: 'reply', text: 'first' },
      { play: 'reply', text: 'second' },
    ])
    await ask()
    await opened.close()
    opened = await reopen()
    expect((await ask()).text).toBe('first')
    expect(server.requests).toHaveLength(1)
    expect(calls[1]).toMatchObject({ isReplayed: true, usd: 0, inputTokens: 100, exchange: 'llm/0001-analyst.json' })
    expect((await ask({ trial: 4 })).text).toBe('second')
  })

  test('is booked in full when the crash came between the answer and the journal', async () => {
    await start([{ play: 'reply', text: 'first' }])
    await ask()
    calls = []
    await opened.close()
    opened = await reopen()
    await ask()
    expect(calls).toEqual([expect.objectContaining({ isReplayed: false, attempts: 1, inputTokens: 100 })])
    expect(server.requests).toHaveLength(1)
  })

  test('is whole before the answer is handed on, even when the books cannot be written', async () => {
    await start([{ play: 'reply', text: 'first' }], { onCall: () => Promise.reject(new Error('disk full')) })
    await expect(ask()).rejects.toThrow('disk full')
    expect(await readdir(join(root, 'llm'))).toEqual(['0001-analyst.json'])
  })
})

describe('replay', () => {
  const replaying = (changes: Partial<OpenAskOptions> = {}) =>
    reopen({ folder: join(root, 'again/llm'), replayFolder: join(root, 'llm'), environment: {}, ...changes })

  test('takes the answers of another run, by the question or by its place, without network or key', async () => {
    await start((_request, index) => ({ play: 'reply', text: `answer ${index}`, usage: { input: 5, output: 6 } }))
    await ask()
    await ask({ instructions: 'second' })
    await ask({ role: 'data' })
    await opened.close()
    await server.close()
    calls = []
    opened = await replaying({ choice: { model: 'openai:gpt-5', roles: {}, baseUrl: null } })
    expect((await ask({ instructions: 'second' })).text).toBe('answer 1')
    expect((await ask({ instructions: 'changed' })).text).toBe('answer 0')
    expect(notes).toEqual([expect.stringContaining('differs from the recorded one of 0001-analyst.json')])
    expect((await ask({ role: 'data' })).text).toBe('answer 2')
    expect(calls.map(({ isReplayed, usd, model, inputTokens }) => [isReplayed, usd, model, inputTokens])).toEqual(
      Array.from({ length: 3 }, () => [true, 0, 'local:m', 5]),
    )
    server = await startLlmServer([{ play: 'reset' }])
  })

  test('a question without a recorded answer pauses the run', async () => {
    await start([{ play: 'reply', text: 'only' }])
    await ask()
    await opened.close()
    opened = await replaying()
    await ask()
    expect((await goneOf(ask({ instructions: 'another' }))).reason).toBe('recording')
    expect(server.requests).toHaveLength(1)
  })

  test('a replayed run can be resumed and replayed itself', async () => {
    await start([{ play: 'reply', text: 'only' }])
    await ask()
    await opened.close()
    opened = await replaying()
    await ask({ instructions: 'changed' })
    await opened.close()
    opened = await replaying()
    expect((await ask({ instructions: 'changed' })).text).toBe('only')
    expect(await readdir(join(root, 'again/llm'))).toEqual(['0001-analyst.json'])
    await opened.close()
    opened = await reopen({ folder: join(root, 'third/llm'), replayFolder: join(root, 'again/llm'), environment: {} })
    expect((await ask({ instructions: 'changed' })).text).toBe('only')
  })

  test('a folder without exchanges is refused', async () => {
    await start([{ play: 'reset' }])
    await expect(reopen({ replayFolder: join(root, 'nowhere') })).rejects.toThrow('the run to replay holds no exchanges')
  })
})

describe('limits', () => {
  test('the next call is not made when it could go past the tokens', async () => {
    await start([{ play: 'reply', text: 'ok', usage: { input: 600, output: 300 } }], { caps: { usd: null, tokens: 1200 } })
    await ask()
    const gone = await goneOf(ask({ trial: 4 }))
    expect(gone.reason).toBe('cap')
    expect(gone.evidence.join()).toContain('spent 900 tokens')
    expect(gone.fix).toBe('resume with a higher --max-tokens')
    expect(server.requests).toHaveLength(1)
  })

  test('calls of an endpoint that counts no tokens are estimated', async () => {
    await start([{ play: 'reply', text: 'ok', usage: null }], { caps: { usd: null, tokens: 1000 } })
    await ask()
    await ask({ trial: 4 })
    expect((await goneOf(ask({ trial: 5 }))).reason).toBe('cap')
    expect(calls[0]).toMatchObject({ inputTokens: null, outputTokens: null, usd: null })
  })

  test('a limit of money over a model without a price is refused at the start', async () => {
    await start([{ play: 'reset' }])
    await expect(reopen({ caps: { usd: 1, tokens: null } })).rejects.toThrow('local:m is not in the price table')
  })
})

describe('secrets', () => {
  test('a key is in no file, message, note or prompt, whoever repeats it', async () => {
    const echo = { error: { message: `bad key ${KEY} and sk-proj-${'a'.repeat(40)}` } }
    await start([
      { play: 'status', status: 500, headers: { 'retry-after': '9' }, body: echo },
      { play: 'error-event', error: echo.error },
      { play: 'reply', text: `your key is ${KEY}` },
      { play: 'status', status: 401, body: echo },
    ])
    expect((await ask({ instructions: `log: ${KEY}` })).text).toBe('your key is [key]')
    const gone = await goneOf(ask({ trial: 9 }))
    const files = await readdir(join(root, 'llm'))
    const written = await Promise.all(files.map((file) => readFile(join(root, 'llm', file), 'utf8')))
    const shown = JSON.stringify([
      written,
      notes,
      calls,
      gone.message,
      gone.evidence,
      gone.fix,
      server.requests.map(({ body }) => body),
    ])
    expect(notes).toHaveLength(1)
    expect(shown).toContain('[key]')
    expect(shown).not.toContain(KEY)
    expect(shown).not.toContain('a'.repeat(40))
    expect(String(gone.stack)).not.toContain(KEY)
    expect(JSON.stringify(gone.cause) ?? '').not.toContain(KEY)
  })
})

function gate(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((open) => (resolve = open))
  return { promise, resolve }
}

function rejectAt(signal: AbortSignal): Promise<void> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}
