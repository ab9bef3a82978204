import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { OpenAskOptions } from './index.ts'
import { goneOf, openAskBench, PLANTED_KEY as KEY, type AskBench } from '../../tests/support/ask-bench.ts'

let bench: AskBench
afterEach(() => bench.close())

describe('what was stored', () => {
  test('answers the same question again without a request, and is not booked again', async () => {
    bench = await openAskBench([
      { play: 'reply', text: 'first' },
      { play: 'reply', text: 'second' },
    ])
    await bench.ask()
    await bench.reopen()
    expect((await bench.ask()).text).toBe('first')
    expect(bench.server.requests).toHaveLength(1)
    expect(bench.calls).toMatchObject([{ isReplayed: false, inputTokens: 100, exchange: 'llm/0001-analyst.json' }])
    expect((await bench.ask({ trial: 4 })).text).toBe('second')
  })

  test('is booked in full when the crash came between the answer and the journal', async () => {
    bench = await openAskBench([{ play: 'reply', text: 'first' }])
    await bench.ask()
    bench.calls.length = 0
    await bench.reopen()
    await bench.ask()
    expect(bench.calls).toEqual([expect.objectContaining({ isReplayed: false, attempts: 1, inputTokens: 100 })])
    expect(bench.server.requests).toHaveLength(1)
  })

  test('is whole before the answer is handed on, even when the books cannot be written', async () => {
    bench = await openAskBench([{ play: 'reply', text: 'first' }], { onCall: () => Promise.reject(new Error('disk full')) })
    await expect(bench.ask()).rejects.toThrow('disk full')
    expect(await readdir(join(bench.root, 'llm'))).toEqual(['0001-analyst.json'])
  })
})

describe('replay', () => {
  const replaying = (changes: Partial<OpenAskOptions> = {}) =>
    bench.reopen({ folder: join(bench.root, 'again/llm'), replayFolder: join(bench.root, 'llm'), environment: {}, ...changes })

  test('takes the answers of another run, by the question or by its place, without network or key', async () => {
    bench = await openAskBench((_request, index) => ({ play: 'reply', text: `answer ${index}`, usage: { input: 5, output: 6 } }))
    await bench.ask()
    await bench.ask({ instructions: 'second' })
    await bench.ask({ role: 'data' })
    await bench.server.close()
    bench.calls.length = 0
    await replaying({ choice: { model: 'openai:gpt-5', roles: {}, baseUrl: null } })
    expect((await bench.ask({ instructions: 'second' })).text).toBe('answer 1')
    expect((await bench.ask({ instructions: 'changed' })).text).toBe('answer 0')
    expect(bench.notes).toEqual([expect.stringContaining('differs from the recorded one of 0001-analyst.json')])
    expect((await bench.ask({ role: 'data' })).text).toBe('answer 2')
    expect(bench.calls.map(({ isReplayed, usd, model, inputTokens }) => [isReplayed, usd, model, inputTokens])).toEqual(
      Array.from({ length: 3 }, () => [true, 0, 'local:m', 5]),
    )
  })

  test('a question without a recorded answer pauses the run', async () => {
    bench = await openAskBench([{ play: 'reply', text: 'only' }])
    await bench.ask()
    await replaying()
    await bench.ask()
    expect((await goneOf(bench.ask({ instructions: 'another' }))).reason).toBe('recording')
    expect(bench.server.requests).toHaveLength(1)
  })

  test('a replayed run can be resumed and replayed itself', async () => {
    bench = await openAskBench([{ play: 'reply', text: 'only' }])
    await bench.ask()
    await replaying()
    await bench.ask({ instructions: 'changed' })
    await replaying()
    expect((await bench.ask({ instructions: 'changed' })).text).toBe('only')
    expect(await readdir(join(bench.root, 'again/llm'))).toEqual(['0001-analyst.json'])
    await bench.reopen({ folder: join(bench.root, 'third/llm'), replayFolder: join(bench.root, 'again/llm'), environment: {} })
    expect((await bench.ask({ instructions: 'changed' })).text).toBe('only')
  })

  test('costs nothing, so that a limit of money needs no prices', async () => {
    bench = await openAskBench([{ play: 'reply', text: 'only' }])
    await bench.ask()
    await replaying({ caps: { usd: 0, tokens: 0 } })
    expect((await bench.ask()).text).toBe('only')
  })

  test('a folder without exchanges is refused', async () => {
    bench = await openAskBench([{ play: 'reset' }])
    await expect(bench.reopen({ replayFolder: join(bench.root, 'nowhere') })).rejects.toThrow(
      'the run to replay holds no exchanges',
    )
  })
})

describe('limits', () => {
  test('the next call is not made when it could go past the tokens', async () => {
    bench = await openAskBench([{ play: 'reply', text: 'ok', usage: { input: 600, output: 300 } }], {
      caps: { usd: null, tokens: 1200 },
    })
    await bench.ask()
    const gone = await goneOf(bench.ask({ trial: 4 }))
    expect(gone.reason).toBe('cap')
    expect(gone.evidence.join()).toContain('spent 900 tokens')
    expect(gone.fix).toBe('resume with a higher --max-tokens')
    expect(bench.server.requests).toHaveLength(1)
  })

  test('bench.calls of an endpoint that counts no tokens are estimated', async () => {
    bench = await openAskBench([{ play: 'reply', text: 'ok', usage: null }], { caps: { usd: null, tokens: 1000 } })
    await bench.ask()
    await bench.ask({ trial: 4 })
    expect((await goneOf(bench.ask({ trial: 5 }))).reason).toBe('cap')
    expect(bench.calls[0]).toMatchObject({ inputTokens: null, outputTokens: null, usd: null })
  })

  test('a limit of money over a model without a price is refused at the start', async () => {
    bench = await openAskBench([{ play: 'reset' }])
    await expect(bench.reopen({ caps: { usd: 1, tokens: null } })).rejects.toThrow('local:m is not in the price table')
  })
})

describe('secrets', () => {
  test('a key is in no file, message, note or prompt, whoever repeats it', async () => {
    const echo = { error: { message: `bad key ${KEY} and sk-proj-${'a'.repeat(40)}` } }
    bench = await openAskBench([
      { play: 'status', status: 500, headers: { 'retry-after': '9' }, body: echo },
      { play: 'error-event', error: echo.error },
      { play: 'reply', text: `your key is ${KEY}` },
      { play: 'status', status: 401, body: echo },
    ])
    expect((await bench.ask({ instructions: `log: ${KEY}` })).text).toBe('your key is [key]')
    const gone = await goneOf(bench.ask({ trial: 9 }))
    const files = await readdir(join(bench.root, 'llm'))
    const written = await Promise.all(files.map((file) => readFile(join(bench.root, 'llm', file), 'utf8')))
    const shown = JSON.stringify([
      written,
      bench.notes,
      bench.calls,
      gone.message,
      gone.evidence,
      gone.fix,
      bench.server.requests.map(({ body }) => body),
    ])
    expect(bench.notes).toHaveLength(1)
    expect(shown).toContain('[key]')
    expect(shown).not.toContain(KEY)
    expect(shown).not.toContain('a'.repeat(40))
    expect(String(gone.stack)).not.toContain(KEY)
    expect(JSON.stringify(gone.cause) ?? '').not.toContain(KEY)
  })
})
