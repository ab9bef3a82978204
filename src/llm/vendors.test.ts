import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ProviderGone, type CallCost } from '../core/language-model.ts'
import { fakeClock } from '../../tests/support/llm-clock.ts'
import { sampleQuestion } from '../../tests/support/llm-question.ts'
import { startLlmServer, type LlmServer, type Play } from '../../tests/support/llm-server.ts'
import { openAsk, type OpenedAsk } from './open-ask.ts'

const KEY = 'planted-key-0123456789abcdef'
const schema = {
  type: 'object',
  properties: { component: { type: 'string' } },
  required: ['component'],
  additionalProperties: false,
}
const sse = (events: readonly (Readonly<Record<string, unknown>> & { type?: string })[]): Extract<Play, { play: 'raw' }> => ({
  play: 'raw',
  body: events
    .map((event) => `${event.type === undefined ? '' : `event: ${event.type}\n`}data: ${JSON.stringify(event)}\n\n`)
    .join(''),
})

const VENDORS = {
  openai: {
    /** Stands in the event that ends the answer. */
    ending: 'response.completed"',
    model: 'openai:gpt-5',
    path: '/v1/responses',
    answer: sse([
      { type: 'response.created', response: { id: 'r', created_at: 1, model: 'gpt-5' } },
      { type: 'response.output_item.added', output_index: 0, item: { type: 'message', id: 'm' } },
      { type: 'response.output_text.delta', item_id: 'm', output_index: 0, content_index: 0, delta: '{"component":"data"}' },
      { type: 'response.output_item.done', output_index: 0, item: { type: 'message', id: 'm' } },
      {
        type: 'response.completed',
        response: {
          usage: {
            input_tokens: 1000,
            input_tokens_details: { cached_tokens: 600 },
            output_tokens: 200,
            output_tokens_details: { reasoning_tokens: 150 },
          },
        },
      },
    ]),
    refusal: sse([
      { type: 'response.created', response: { id: 'r', created_at: 1, model: 'gpt-5' } },
      {
        type: 'response.incomplete',
        response: { incomplete_details: { reason: 'content_filter' }, usage: { input_tokens: 10, output_tokens: 0 } },
      },
    ]),
    failing: sse([
      { type: 'error', sequence_number: 1, error: { type: 'server_error', code: 'server_error', message: 'boom', param: null } },
    ]),
    isKeyed: (headers: Record<string, unknown>) => headers.authorization === `Bearer ${KEY}`,
    schemaOf: (body: Record<string, unknown>) => (body.text as { format: { schema: unknown } }).format.schema,
    badKey: {
      error: { message: `Incorrect API key provided: ${KEY}`, type: 'invalid_request_error', code: 'invalid_api_key', param: null },
    },
  },
  anthropic: {
    /** Stands in the event that ends the answer. */
    ending: '"message_delta"',
    model: 'anthropic:claude-opus-4-5',
    path: '/v1/messages',
    answer: sse([
      {
        type: 'message_start',
        message: {
          id: 'm',
          model: 'claude-opus-4-5',
          role: 'assistant',
          content: [],
          stop_reason: null,
          usage: { input_tokens: 400, cache_read_input_tokens: 600, cache_creation_input_tokens: 0, output_tokens: 1 },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: '{"component":"data"}' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 200 } },
      { type: 'message_stop' },
    ]),
    refusal: sse([
      {
        type: 'message_start',
        message: {
          id: 'm',
          model: 'claude-opus-4-5',
          role: 'assistant',
          content: [],
          stop_reason: null,
          usage: { input_tokens: 10, output_tokens: 1 },
        },
      },
      { type: 'message_delta', delta: { stop_reason: 'refusal', stop_sequence: null }, usage: { output_tokens: 1 } },
      { type: 'message_stop' },
    ]),
    failing: sse([
      {
        type: 'message_start',
        message: {
          id: 'm',
          model: 'claude-opus-4-5',
          role: 'assistant',
          content: [],
          stop_reason: null,
          usage: { input_tokens: 10, output_tokens: 1 },
        },
      },
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    ]),
    isKeyed: (headers: Record<string, unknown>) => headers['x-api-key'] === KEY,
    schemaOf: (body: Record<string, unknown>) => (body.output_config as { format: { schema: unknown } }).format.schema,
    badKey: { type: 'error', error: { type: 'authentication_error', message: `invalid x-api-key ${KEY}` } },
  },
  google: {
    /** Stands in the event that ends the answer. */
    ending: 'STOP',
    model: 'google:gemini-2.5-pro',
    path: '/v1/models/gemini-2.5-pro:streamGenerateContent?alt=sse',
    answer: sse([
      { candidates: [{ content: { role: 'model', parts: [{ text: '{"component":' }] } }] },
      {
        candidates: [{ content: { role: 'model', parts: [{ text: '"data"}' }] }, finishReason: 'STOP' }],
        usageMetadata: {
          promptTokenCount: 1000,
          cachedContentTokenCount: 600,
          candidatesTokenCount: 50,
          thoughtsTokenCount: 150,
          totalTokenCount: 1200,
        },
      },
    ]),
    refusal: sse([
      {
        candidates: [{ content: { role: 'model', parts: [] }, finishReason: 'SAFETY' }],
        usageMetadata: { promptTokenCount: 10, totalTokenCount: 10 },
      },
    ]),
    failing: sse([{ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }]),
    isKeyed: (headers: Record<string, unknown>) => headers['x-goog-api-key'] === KEY,
    schemaOf: (body: Record<string, unknown>) =>
      (body.generationConfig as Record<string, unknown>).responseSchema ??
      (body.generationConfig as Record<string, unknown>).responseJsonSchema,
    badKey: {
      error: {
        code: 400,
        message: `API key not valid: ${KEY}. Please pass a valid API key.`,
        status: 'INVALID_ARGUMENT',
        details: [{ reason: 'API_KEY_INVALID' }],
      },
    },
  },
} as const

let root: string
let server: LlmServer
let opened: OpenedAsk
let calls: CallCost[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'improve-vendor-'))
  calls = []
})
afterEach(async () => {
  await opened.close()
  await server.close()
  await rm(root, { recursive: true })
})

async function start(model: string, script: readonly Play[]): Promise<void> {
  server = await startLlmServer(script)
  opened = await openAsk({
    choice: { model, roles: {}, baseUrl: server.url },
    environment: { OPENAI_API_KEY: KEY, ANTHROPIC_API_KEY: KEY, GEMINI_API_KEY: KEY },
    folder: join(root, 'llm'),
    spent: () => ({ usd: 0, tokens: 0 }),
    isBooked: () => false,
    onCall: async (cost) => void calls.push(cost),
    onNote: () => undefined,
    runClock: { pause: () => undefined, resume: () => undefined },
    clock: fakeClock(),
  })
}

const ask = (changes = {}) => opened.ask(sampleQuestion(changes), new AbortController().signal)

describe.each(Object.entries(VENDORS))('%s', (_name, vendor) => {
  test('answers a question with a picture and a schema, and counts and prices the tokens', async () => {
    await start(vendor.model, [vendor.answer])
    const turns = [{ from: 'us', text: 'look', images: [{ png: new Uint8Array([137, 80, 78, 71]), caption: 'dev errors' }] }]
    expect(await ask({ schema, turns })).toEqual({ text: '{"component":"data"}', end: 'complete' })
    const [request] = server.requests
    expect(request?.path).toBe(vendor.path)
    expect(vendor.isKeyed(request?.headers ?? {})).toBe(true)
    expect(vendor.schemaOf(request?.body ?? {})).toMatchObject({ properties: { component: { type: 'string' } } })
    const sent = JSON.stringify(request?.body)
    expect(sent).toContain('iVBORw==')
    expect(sent).toContain('bottleneck of an image classifier')
    expect(sent).not.toContain('fits this JSON schema')
    expect(calls[0]).toMatchObject({ inputTokens: 1000, cachedInputTokens: 600, outputTokens: 200 })
    expect(calls[0]?.usd).toBeGreaterThan(0)
  })

  test('a refusal is an answer', async () => {
    await start(vendor.model, [vendor.refusal])
    expect((await ask()).end).toBe('refused')
    expect(server.requests).toHaveLength(1)
  })

  test('a stream that ends before the answer is asked again', async () => {
    const { body } = vendor.answer
    const firstHalf = body.slice(0, body.lastIndexOf('data: ', body.indexOf(vendor.ending)))
    await start(vendor.model, [{ play: 'raw', body: firstHalf }, vendor.answer])
    expect(await ask()).toEqual({ text: '{"component":"data"}', end: 'complete' })
    expect(server.requests).toHaveLength(2)
  })

  test('an error in the stream is asked again', async () => {
    await start(vendor.model, [vendor.failing, vendor.answer])
    expect((await ask()).end).toBe('complete')
    expect(server.requests).toHaveLength(2)
  })

  test('a key that is not accepted is not tried again and not repeated', async () => {
    await start(vendor.model, [
      {
        play: 'status',
        status: vendor.badKey.error && 'code' in vendor.badKey.error && vendor.badKey.error.code === 400 ? 400 : 401,
        body: vendor.badKey,
      },
    ])
    const gone = await ask().catch((error: unknown) => error)
    expect(gone).toBeInstanceOf(ProviderGone)
    expect(gone).toMatchObject({ reason: 'key' })
    expect(JSON.stringify(gone) + String(gone)).not.toContain(KEY)
    expect(server.requests).toHaveLength(1)
  })

  test('a model that is not there is said', async () => {
    await start(vendor.model, [
      {
        play: 'status',
        status: 404,
        body: { type: 'error', error: { type: 'not_found_error', code: 404, status: 'NOT_FOUND', message: 'model: not found' } },
      },
    ])
    expect(await ask().catch((error: unknown) => error)).toMatchObject({
      reason: 'model',
      message: expect.stringContaining('has no model'),
    })
  })
})

test("OpenAI is told not to keep what is asked, Anthropic to keep the instructions' tokens at hand", async () => {
  await start('openai:gpt-5', [VENDORS.openai.answer])
  await ask()
  expect(server.requests[0]?.body.store).toBe(false)
  await opened.close()
  await server.close()
  await start('anthropic:claude-opus-4-5', [VENDORS.anthropic.answer])
  await ask()
  expect(server.requests[0]?.body.system).toEqual([expect.objectContaining({ cache_control: { type: 'ephemeral' } })])
})
