import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { goneOf, openAskBench, type AskBench } from '../../tests/support/ask-bench.ts'
import { fakeClock, type FakeClock } from '../../tests/support/llm-clock.ts'

let bench: AskBench
afterEach(() => bench.close())

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
    bench = await openAskBench([play, { play: 'reply', text: 'whole' }])
    expect(await bench.ask()).toEqual({ text: 'whole', end: 'complete' })
    expect(bench.clock.waits).toEqual([1])
    expect(bench.calls[0]?.attempts).toBe(2)
  })

  test('is asked 8 times, 1, 2, 4 … 60 s apart, and is gone then', async () => {
    bench = await openAskBench([{ play: 'status', status: 502 }])
    const gone = await goneOf(bench.ask())
    expect(gone.reason).toBe('server')
    expect(bench.clock.waits).toEqual([1, 2, 4, 8, 16, 32, 60])
    expect(bench.server.requests).toHaveLength(8)
    expect(bench.notes.at(-1)).toContain('asking again in 1 min')
    expect(bench.calls).toEqual([])
    expect(bench.clockEvents).toEqual(['pause', 'resume'])
  })

  test('a wait that the provider asks for is kept exactly', async () => {
    bench = await openAskBench([
      { play: 'status', status: 429, headers: { 'retry-after': '37' } },
      { play: 'reply', text: 'ok' },
    ])
    await bench.ask()
    expect(bench.clock.waits).toEqual([37])
    expect(bench.notes).toEqual([expect.stringContaining('asking again in 37 s')])
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
    bench = await openAskBench([
      { play: 'status', status, body, headers: status === 301 ? { location: 'http://127.0.0.1:9/' } : {} },
    ])
    const gone = await goneOf(bench.ask())
    expect(gone.reason).toBe(reason)
    expect(gone.fix).not.toBe('')
    expect(bench.server.requests).toHaveLength(1)
  })

  test('nothing that listens is unreachable, with the address', async () => {
    bench = await openAskBench([{ play: 'reset' }])
    const { url } = bench.server
    await bench.server.close()
    const gone = await goneOf(bench.ask())
    expect(gone.reason).toBe('unreachable')
    expect(gone.message).toContain(url)
    expect(gone.evidence.join()).toContain('ECONNREFUSED')
  })

  test('a name that no DNS knows is unreachable', async () => {
    bench = await openAskBench([{ play: 'reset' }])
    await bench.reopen({ choice: { model: 'local:m', roles: {}, baseUrl: 'http://improve.invalid/v1' } })
    expect((await goneOf(bench.ask())).reason).toBe('unreachable')
  })

  test('something that speaks no TLS is unreachable', async () => {
    bench = await openAskBench([{ play: 'reset' }])
    await bench.reopen({ choice: { model: 'local:m', roles: {}, baseUrl: bench.server.url.replace('http:', 'https:') } })
    expect((await goneOf(bench.ask())).reason).toBe('unreachable')
  })
})

describe('time', () => {
  test('no answer within the time-out is asked once more, then the provider is gone', async () => {
    bench = await openAskBench([{ play: 'stall' }])
    const gone = await bench.clock.hurry(goneOf(bench.ask()))
    expect(gone.reason).toBe('timeout')
    expect(bench.server.requests).toHaveLength(2)
    expect(bench.clock.now()).toBeGreaterThanOrEqual(1_800_000)
    expect(bench.notes.join('\n')).toContain('has not begun to answer for 1 min; waiting up to 15 min')
  })

  test('an answer that comes after a time-out counts', async () => {
    bench = await openAskBench([{ play: 'stall' }, { play: 'reply', text: 'late' }])
    expect((await bench.clock.hurry(bench.ask())).text).toBe('late')
  })

  test('an endpoint that needs 14 minutes to its first byte is waited for', async () => {
    const { promise: answered, resolve } = gate()
    bench = await openAskBench(async () => {
      await answered
      return { play: 'reply', text: 'at last' }
    })
    const reply = bench.clock.hurry(bench.ask())
    while (bench.clock.now() < 840_000) await new Promise((later) => setTimeout(later, 1))
    resolve()
    expect((await reply).text).toBe('at last')
    expect(bench.server.requests).toHaveLength(1)
  })

  test('an answer that stops in the middle is asked again after 90 s', async () => {
    bench = await openAskBench([
      { play: 'stall', text: 'half' },
      { play: 'reply', text: 'whole' },
    ])
    expect((await bench.clock.hurry(bench.ask())).text).toBe('whole')
    expect(bench.clock.now()).toBeLessThan(400_000)
  })

  test('the user stops a request at once', async () => {
    bench = await openAskBench([{ play: 'stall' }])
    const stop = new AbortController()
    const answer = bench.ask({}, stop.signal)
    while (bench.server.requests.length === 0) await new Promise((later) => setTimeout(later, 1))
    stop.abort(new Error('stopped by the user'))
    await expect(answer).rejects.toThrow('stopped by the user')
    expect(bench.clockEvents).toEqual(['pause', 'resume'])
  })

  test('the user stops a wait at once', async () => {
    const stop = new AbortController()
    const clock = fakeClock()
    const sleep: FakeClock['sleep'] = (seconds, signal) => {
      if (seconds === 37) setImmediate(() => stop.abort(new Error('stopped by the user')))
      return seconds === 37 ? rejectAt(signal) : clock.sleep(seconds, signal)
    }
    bench = await openAskBench([{ play: 'status', status: 429, headers: { 'retry-after': '37' } }], { clock: { ...clock, sleep } })
    await expect(bench.ask({}, stop.signal)).rejects.toThrow('stopped by the user')
    expect(bench.server.requests).toHaveLength(1)
  })

  test('the clock of the run stands still from the first of several questions to the last answer', async () => {
    bench = await openAskBench([{ play: 'reply', text: 'ok' }])
    await Promise.all([bench.ask({ trial: 1 }), bench.ask({ trial: 2 }), bench.ask({ trial: 4 })])
    expect(bench.clockEvents).toEqual(['pause', 'resume'])
    expect((await readdir(join(bench.root, 'llm'))).toSorted()).toEqual([
      '0001-analyst.json',
      '0002-analyst.json',
      '0003-analyst.json',
    ])
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
