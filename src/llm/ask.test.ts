import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openAskBench, PLANTED_KEY, type AskBench } from '../../tests/support/ask-bench.ts'
import { sampleQuestion } from '../../tests/support/llm-question.ts'

let bench: AskBench
afterEach(() => bench.close())

const schema = {
  type: 'object',
  properties: { component: { type: 'string' } },
  required: ['component'],
  additionalProperties: false,
}

describe('one answer', () => {
  test('is handed on, booked and stored', async () => {
    bench = await openAskBench([
      { play: 'reply', text: 'overfitting', usage: { input: 900, output: 40, cached: 700, reasoning: 25 } },
    ])
    expect(await bench.ask()).toEqual({ text: 'overfitting', end: 'complete' })
    expect(bench.calls).toEqual([
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
    const stored = JSON.parse(await readFile(join(bench.root, bench.calls[0]?.exchange ?? ''), 'utf8')) as Record<string, unknown>
    expect(stored).toMatchObject({
      version: 1,
      model: 'local:m',
      reply: { text: 'overfitting' },
      question: { instructions: sampleQuestion().instructions },
    })
    expect(bench.clockEvents).toEqual(['pause', 'resume'])
  })

  test('is asked for with the instructions first, the key in a header, and the most tokens allowed', async () => {
    bench = await openAskBench([{ play: 'reply', text: 'ok' }])
    await bench.ask({
      turns: [
        { from: 'us', text: 'first' },
        { from: 'model', text: 'unusable' },
        { from: 'us', text: 'again' },
      ],
    })
    const { body, headers, path } = bench.server.requests[0] ?? { body: {}, headers: {}, path: '' }
    expect(path).toBe('/v1/chat/completions')
    expect(headers.authorization).toBe(`Bearer ${PLANTED_KEY}`)
    expect(body).toMatchObject({ model: 'm', stream: true, max_tokens: 400 })
    expect((body.messages as { role: string }[]).map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user'])
  })

  test.each([
    ['complete', { play: 'reply', text: 'x' }],
    ['cut', { play: 'reply', text: 'half a', finish: 'length' }],
    ['refused', { play: 'reply', text: '', finish: 'content_filter' }],
    ['refused', { play: 'refusal', text: 'I cannot help with that.' }],
  ] as const)('ends %s: %j', async (end, play) => {
    bench = await openAskBench([play])
    expect((await bench.ask()).end).toBe(end)
    expect(bench.server.requests).toHaveLength(1)
  })

  test('a filter that answers 400 is a refusal', async () => {
    bench = await openAskBench([{ play: 'status', status: 400, body: { error: { message: 'blocked', code: 'content_filter' } } }])
    expect(await bench.ask()).toEqual({ text: '', end: 'refused' })
  })

  test('a model that repeats itself without end is cut', async () => {
    bench = await openAskBench([{ play: 'reply', text: 'again '.repeat(400_000) }])
    expect((await bench.ask()).end).toBe('cut')
    expect(bench.server.requests).toHaveLength(1)
  })

  test('a slow drip is one answer', async () => {
    bench = await openAskBench([{ play: 'drip', text: 'drop by drop', milliseconds: 5 }])
    expect((await bench.ask()).text).toBe('drop by drop')
  })

  test('thinking before the answer is left out of it', async () => {
    bench = await openAskBench([{ play: 'reply', text: '<think>hm {"a":1}</think>\n\nthe answer', thought: 'deep' }])
    expect((await bench.ask()).text).toBe('the answer')
  })

  test('thinking that takes all tokens gets more room, and its tokens are booked', async () => {
    bench = await openAskBench([
      { play: 'reply', text: '<think>and on', finish: 'length', usage: { input: 10, output: 400 } },
      { play: 'reply', text: 'done', usage: { input: 10, output: 30 } },
    ])
    expect(await bench.ask()).toEqual({ text: 'done', end: 'complete' })
    expect(bench.server.requests.map(({ body }) => body.max_tokens)).toEqual([400, 8400])
    expect(bench.calls[0]).toMatchObject({ inputTokens: 20, outputTokens: 430, attempts: 2 })
  })

  test('a model that only ever thinks is cut, not asked for ever', async () => {
    bench = await openAskBench([{ play: 'reply', text: '<think>and on', finish: 'length' }])
    expect(await bench.ask()).toEqual({ text: '', end: 'cut' })
    expect(bench.server.requests).toHaveLength(3)
  })
})

describe('pictures and schemas', () => {
  test('a picture goes to a model that sees, after its caption', async () => {
    bench = await openAskBench([{ play: 'reply', text: 'ok' }], { known: { 'local:m': { vision: true } } })
    await bench.ask({
      turns: [{ from: 'us', text: 'look', images: [{ png: new Uint8Array([137, 80, 78, 71]), caption: 'dev errors' }] }],
    })
    const content = JSON.stringify(bench.server.requests[0]?.body.messages)
    expect(content).toContain('Picture 1: dev errors')
    expect(content).toContain('data:image/png;base64,iVBORw==')
    expect(await readFile(join(bench.root, 'llm/0001-analyst.json'), 'utf8')).toContain(
      '0f4636c78f65d3639ece5a064b5ae753e3408614a14fb18ab4d7540d2c248543',
    )
  })

  test('a model that does not see is told that a picture was left out', async () => {
    bench = await openAskBench([{ play: 'reply', text: 'ok' }])
    await bench.ask({ turns: [{ from: 'us', text: 'look', images: [{ png: new Uint8Array([1]), caption: 'dev errors' }] }] })
    const content = JSON.stringify(bench.server.requests[0]?.body.messages)
    expect(content).toContain('left out, this model takes no pictures')
    expect(content).not.toContain('image_url')
  })

  test('the schema stands in the prompt, and binds an endpoint that can be bound', async () => {
    bench = await openAskBench([{ play: 'reply', text: '{"component":"data"}' }], { known: { 'local:m': { structured: true } } })
    expect((await bench.ask({ schema })).text).toBe('{"component":"data"}')
    expect(bench.server.requests[0]?.body.response_format).toMatchObject({ type: 'json_schema', json_schema: { schema } })
    expect(JSON.stringify(bench.server.requests[0]?.body.messages)).toContain('component')
  })

  test('an endpoint that is not known to take a schema is sent none', async () => {
    bench = await openAskBench([{ play: 'reply', text: '{"component":"data"}' }])
    await bench.ask({ schema })
    expect(bench.server.requests[0]?.body.response_format).toBeUndefined()
    expect(JSON.stringify(bench.server.requests[0]?.body.messages)).toContain('fits this JSON schema')
  })

  test('a schema that is turned down goes into the prompt instead, and that is said', async () => {
    const turnedDown = { play: 'status', status: 400, body: { error: { message: "'response_format' is not supported" } } } as const
    bench = await openAskBench([turnedDown, { play: 'reply', text: '{}' }], { known: { 'local:m': { structured: true } } })
    expect((await bench.ask({ schema })).text).toBe('{}')
    expect(bench.server.requests[1]?.body.response_format).toBeUndefined()
    expect(bench.notes.join()).toContain('takes no JSON schema')
  })
})
