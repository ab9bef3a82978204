import { afterEach, expect, test } from 'vitest'
import { startLlmServer, type LlmServer, type Script } from '../../tests/support/llm-server.ts'
import { fakeClock } from '../../tests/support/llm-clock.ts'
import { probeModel, type Probe } from './probe.ts'

let server: LlmServer
afterEach(() => server.close())

async function probe(script: Script, model = 'local:m'): Promise<Probe> {
  server = await startLlmServer(script)
  const options = { model, baseUrl: server.url, environment: { LOCAL_API_KEY: 'planted-key-0123456789' }, clock: fakeClock() }
  return probeModel(options, new AbortController().signal)
}

const table = ({ checks }: Probe) => Object.fromEntries(checks.map(({ name, ok }) => [name, ok]))

test('an endpoint that can do everything is shown as such', async () => {
  const found = await probe([
    { play: 'reply', text: 'ready', usage: { input: 20, output: 30, reasoning: 25 } },
    { play: 'reply', text: '{"colour":"red","isBright":true}' },
    { play: 'reply', text: 'Red.' },
  ])
  expect(table(found)).toEqual({
    reachable: true,
    key: true,
    answers: true,
    'first byte': true,
    'structured output': true,
    vision: true,
    'reasoning tokens': true,
  })
  expect(found.capabilities).toEqual({ structured: true, vision: true, reasoningTokens: 8000 })
  expect(server.requests[1]?.body.response_format).toMatchObject({ type: 'json_schema' })
  expect(JSON.stringify(server.requests[1]?.body.messages)).not.toContain('isBright')
  expect(JSON.stringify(server.requests[2]?.body.messages)).toContain('data:image/png;base64,')
})

test('an endpoint that takes the schema and the picture and looks at neither is found out', async () => {
  const found = await probe([
    { play: 'reply', text: 'ready' },
    { play: 'reply', text: 'Ripe tomatoes are red.' },
    { play: 'reply', text: 'blue' },
  ])
  expect(table(found)).toMatchObject({ answers: true, 'structured output': false, vision: false, 'reasoning tokens': false })
  expect(found.capabilities).toEqual({ structured: false, vision: false })
  expect(found.checks.find(({ name }) => name === 'vision')?.detail).toBe('was shown red and said "blue"')
})

test('an endpoint that turns schema and picture down is usable without', async () => {
  const found = await probe([
    { play: 'reply', text: 'ready', usage: null },
    { play: 'status', status: 400, body: { error: { message: 'response_format is not supported' } } },
    { play: 'status', status: 400, body: { error: { message: 'image input is not supported' } } },
  ])
  expect(table(found)).toMatchObject({ answers: true, 'structured output': false, vision: false, 'reasoning tokens': false })
  expect(found.checks.at(-1)?.detail).toContain('counts no tokens at all')
})

test('a key that is not accepted is shown with what to do, and not repeated', async () => {
  const found = await probe([{ play: 'status', status: 401, body: { error: { message: 'bad key planted-key-0123456789' } } }])
  expect(table(found)).toEqual({ reachable: true, key: false })
  expect(found.checks.at(-1)?.fix).toContain('LOCAL_API_KEY')
  expect(JSON.stringify(found)).not.toContain('planted-key')
  expect(found.capabilities).toBeNull()
})

test('an address where nothing listens is shown with what to do', async () => {
  server = await startLlmServer([{ play: 'reset' }])
  const { url } = server
  await server.close()
  const found = await probeModel({ model: 'local:m', baseUrl: url, environment: {} }, new AbortController().signal)
  server = await startLlmServer([{ play: 'reset' }])
  expect(found.checks).toEqual([
    {
      name: 'reachable',
      ok: false,
      detail: expect.stringContaining('ECONNREFUSED'),
      fix: expect.stringContaining(`something answers at ${url}`),
    },
  ])
})

test('a model that is not there is shown after a key that is accepted', async () => {
  const found = await probe([{ play: 'status', status: 404, body: { error: { message: 'no such model' } } }])
  expect(table(found)).toEqual({ reachable: true, key: true, answers: false })
})

test('a vendor without a key is shown as that, and asked nothing', async () => {
  const found = await probe([{ play: 'reset' }], 'openai:gpt-5')
  expect(found.checks).toEqual([
    { name: 'key', ok: false, detail: 'no key for openai', fix: expect.stringContaining('OPENAI_API_KEY') },
  ])
  expect(server.requests).toHaveLength(0)
})
