import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sampleQuestion } from '../../tests/support/llm-question.ts'
import { exchangeKey, hashQuestion, openExchanges, storedQuestion, type Exchange } from './exchanges.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'improve-exchanges-'))
})
afterEach(() => rm(folder, { recursive: true }))

function exchange(changes: Partial<Exchange> = {}): Exchange {
  const questionHash = hashQuestion(sampleQuestion())
  const usage = { inputTokens: 1, cachedInputTokens: null, cacheWriteTokens: null, outputTokens: 2, reasoningTokens: null }
  return {
    version: 1,
    key: exchangeKey('local:m', questionHash),
    questionHash,
    role: 'analyst',
    trial: 3,
    model: 'local:m',
    askedAt: '2026-11-23T00:00:00.000Z',
    seconds: 1.5,
    attempts: [{ seconds: 1.5, fault: null }],
    question: storedQuestion(sampleQuestion()),
    reply: { text: 'overfitting', end: 'complete' },
    usage,
    usd: null,
    replayedFrom: null,
    ...changes,
  }
}

test('exchanges are numbered on from what is there, and read back as they were', async () => {
  const first = await openExchanges(folder)
  expect(await first.store(exchange())).toBe('0001-analyst.json')
  expect(await first.store(exchange({ role: 'zero-shot' }))).toBe('0002-zero-shot.json')
  const again = await openExchanges(folder)
  expect(again.all().map(({ file }) => file)).toEqual(['0001-analyst.json', '0002-zero-shot.json'])
  expect(again.all()[0]?.exchange).toEqual(exchange())
  expect(await again.store(exchange())).toBe('0003-analyst.json')
})

test('exchanges stored at once have numbers of their own', async () => {
  const exchanges = await openExchanges(folder)
  await Promise.all(Array.from({ length: 12 }, (_, trial) => exchanges.store(exchange({ trial }))))
  expect((await readdir(folder)).length).toBe(12)
  expect(exchanges.all().length).toBe(12)
})

test('a file that was left half-written by a crash is not an exchange', async () => {
  await writeFile(join(folder, '.0001-analyst.json.77.abcd.tmp'), '{"version"')
  expect((await openExchanges(folder)).all()).toEqual([])
})

test('a damaged exchange is named, with what to do', async () => {
  await writeFile(join(folder, '0004-data.json'), '{"version": 1, "key": 7}')
  await expect(openExchanges(folder)).rejects.toMatchObject({
    message: expect.stringContaining('0004-data.json cannot be read'),
    fix: expect.stringContaining('move it away'),
  })
})

test('the stored file holds the question and the reply in words that can be read', async () => {
  const exchanges = await openExchanges(folder)
  const text = await readFile(join(folder, await exchanges.store(exchange())), 'utf8')
  expect(text).toContain('"Accuracy on train 0.99, on dev 0.81. What limits it?"')
  expect(text).toContain('"text": "overfitting"')
})

test('equal questions have equal hashes whatever the order of names in a schema, and any difference shows', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } } }
  const turned = { properties: { a: { type: 'string' } }, type: 'object' }
  expect(hashQuestion(sampleQuestion({ schema }))).toBe(hashQuestion(sampleQuestion({ schema: turned })))
  const picture = (byte: number) =>
    sampleQuestion({ turns: [{ from: 'us', text: 't', images: [{ png: new Uint8Array([byte]), caption: 'c' }] }] })
  expect(hashQuestion(picture(1))).not.toBe(hashQuestion(picture(2)))
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      const equal = hashQuestion(sampleQuestion({ instructions: a })) === hashQuestion(sampleQuestion({ instructions: b }))
      expect(equal).toBe(a === b)
    }),
  )
  for (const changes of [{ role: 'data' as const }, { trial: 4 }, { maxOutputTokens: 401 }, { schema }])
    expect(hashQuestion(sampleQuestion(changes))).not.toBe(hashQuestion(sampleQuestion()))
})
