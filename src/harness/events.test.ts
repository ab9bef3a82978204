import { Readable } from 'node:stream'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { BadEvent, failureKind, parseEvent, readEvents } from './events.ts'
import type { HarnessMode } from './events.ts'

async function collect(mode: HarnessMode, chunks: readonly (string | Buffer)[]): Promise<unknown[]> {
  const events: unknown[] = []
  for await (const event of readEvents(mode, Readable.from(chunks.map((chunk) => Buffer.from(chunk))))) events.push(event)
  return events
}

test('events arrive whole however the stream is cut', async () => {
  const text = '{"type":"predict.progress","done":1,"total":2}\n\n{"type":"predict.finished"}\n'
  const whole = await collect('predict', [text])
  expect(whole).toEqual([{ type: 'predict.progress', done: 1, total: 2 }, { type: 'predict.finished' }])
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: text.length })), async (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length]
      const pieces = places.slice(1).map((end, index) => text.slice(places[index], end))
      expect(await collect('predict', pieces)).toEqual(whole)
    }),
  )
})

test('a character of several bytes may be cut in two', async () => {
  const bytes = Buffer.from('{"type":"prepare.progress","phase":"lesen ü","done":0,"total":null}\n')
  const cut = bytes.indexOf(0xc3) + 1
  expect(await collect('prepare', [bytes.subarray(0, cut), bytes.subarray(cut)])).toMatchObject([{ phase: 'lesen ü' }])
})

test.each([
  ['train', '{"type":"score.finished","result":{}}'],
  ['predict', '{"type":"train.finished","steps":1,"trainSeconds":1,"batchSize":1}'],
  ['train', 'not JSON'],
  ['train', '{"type":"smoke.passed","imagesPerSecond":-5,"batchSize":10}'],
  ['train', '{"type":"smoke.passed","imagesPerSecond":null,"batchSize":10}'],
  ['train', '{"type":"smoke.passed","imagesPerSecond":5,"batchSize":10,"dataShare":-0.1}'],
  ['train', '{"type":"train.finished","steps":0.5,"trainSeconds":1,"batchSize":1}'],
  ['score', '{"type":"score.finished","result":{"n":3,"accuracy":1}}'],
  ['predict', '[]'],
] as const)('%s has no right to write %s', (mode, line) => {
  expect(() => parseEvent(mode, line)).toThrow(BadEvent)
})

test('an event that does not end is refused', async () => {
  await expect(collect('train', ['{"type":"check.passed"'])).rejects.toThrow('ended within an event')
})

test('a line above 4 MiB is refused before it is complete', async () => {
  const piece = Buffer.alloc(1 << 20, 'x')
  await expect(collect('train', [piece, piece, piece, piece, piece])).rejects.toThrow('longer than 4 MiB')
})

test.each([
  ['', null],
  [',"dataShare":null', null],
  [',"dataShare":0.04', 0.04],
  [',"dataShare":1.01', 1],
])('of a smoke run with%s the share of data is %s: clocks may disagree by a little', (field, dataShare) => {
  const event = parseEvent('train', `{"type":"smoke.passed","imagesPerSecond":5,"batchSize":10${field}}`)
  expect(event).toMatchObject({ dataShare })
})

test('what a failing process says is stripped of terminal commands and of unknown kinds', () => {
  const event = parseEvent('train', '{"type":"failed","stage":"nowhere","kind":"boss","message":"\\u001b[2Jgone"}')
  expect(event).toMatchObject({ stage: null, message: '?[2Jgone' })
  expect(failureKind('boss')).toBe('exception')
  expect(failureKind('diverged')).toBe('diverged')
})
