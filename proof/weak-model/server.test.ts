import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { startModelServer } from './server.ts'
import type { Generated, Generation, ModelServer } from './server.ts'

const GENERATED: Generated = { isCut: false, askedTokens: 7, keptTokens: 5, readTokens: 2, writtenTokens: 3 }
const BODY = { messages: [{ role: 'user', content: 'hello' }], max_tokens: 900 }

let server: ModelServer | null = null
afterEach(() => server?.close())

async function start(generate: (generation: Generation) => Promise<Generated>): Promise<ModelServer> {
  return (server = await startModelServer({ generate, mostTokens: 300 }))
}

function post(url: string, body: object, signal: AbortSignal | null = null): Promise<Response> {
  return fetch(`${url}/chat/completions`, { method: 'POST', body: JSON.stringify(body), signal })
}

/** Says two words, as the model would. */
async function twoWords({ onText }: Generation): Promise<Generated> {
  onText('good')
  onText(' day')
  return GENERATED
}

test('a whole answer tells its text, its end, and the tokens that were left of the prompt', async () => {
  const { url } = await start(twoWords)
  expect(await (await post(url, BODY)).json()).toEqual({
    choices: [{ index: 0, message: { role: 'assistant', content: 'good day' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
  })
})

test('a streamed answer comes piece by piece, and one that was cut says so', async () => {
  const { url, served } = await start(async (generation) => ({ ...(await twoWords(generation)), isCut: true }))
  const lines = (await (await post(url, { ...BODY, stream: true })).text()).split('\n\n').filter((line) => line !== '')
  const events = lines.slice(0, -1).map((line) => JSON.parse(line.slice('data: '.length)) as object)
  expect(events).toMatchObject([
    { choices: [{ delta: { content: 'good' } }] },
    { choices: [{ delta: { content: ' day' } }] },
    { choices: [{ delta: {}, finish_reason: 'length' }] },
    { choices: [], usage: { prompt_tokens: 5 } },
  ])
  expect(lines.at(-1)).toBe('data: [DONE]')
  expect(served).toMatchObject([{ text: 'good day', isCut: true, withSchema: false }])
})

test('no more tokens are written than the server allows, and a schema is handed on', async () => {
  const asked: Generation[] = []
  const { url } = await start(async (generation) => {
    asked.push(generation)
    return GENERATED
  })
  const schema = { type: 'object' }
  await post(url, { ...BODY, response_format: { type: 'json_schema', json_schema: { name: 'reply', schema } } })
  await post(url, { ...BODY, max_tokens: 20 })
  expect(asked).toMatchObject([
    { maxTokens: 300, schema },
    { maxTokens: 20, schema: null },
  ])
})

test('requests are answered one after another', async () => {
  let atWork = 0
  let most = 0
  const { url } = await start(async () => {
    most = Math.max(most, ++atWork)
    await sleep(20)
    atWork--
    return GENERATED
  })
  const answers = await Promise.all([post(url, BODY), post(url, BODY), post(url, BODY)])
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(most).toBe(1)
})

test('a client that goes away ends its generation, and the next one is answered', async () => {
  const gone = new AbortController()
  let ended: unknown = null
  let isFirst = true
  const { url, served } = await start(async ({ signal }) => {
    if (!isFirst) return GENERATED
    isFirst = false
    gone.abort()
    await sleep(10_000, undefined, { signal }).catch((error: unknown) => {
      ended = signal.reason
      throw error
    })
    return GENERATED
  })
  await expect(post(url, BODY, gone.signal)).rejects.toThrow('aborted')
  expect((await post(url, BODY)).status).toBe(200)
  expect(ended).toEqual(new Error('the client went away'))
  expect(served).toHaveLength(1)
})

test('a request that is no chat is refused with its reason', async () => {
  const { url } = await start(twoWords)
  const answer = await post(url, { messages: [] })
  expect(answer.status).toBe(400)
  expect(await answer.text()).toContain('messages')
})

test('a generation that fails is an error of the server and not its end', async () => {
  let isBroken = true
  const { url } = await start(async (generation) => {
    if (!isBroken) return twoWords(generation)
    isBroken = false
    throw new Error('out of memory')
  })
  const answer = await post(url, BODY)
  expect([answer.status, await answer.json()]).toEqual([500, { error: { message: 'out of memory' } }])
  expect((await post(url, BODY)).status).toBe(200)
})
