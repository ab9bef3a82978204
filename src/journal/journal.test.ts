import { execFileSync } from 'node:child_process'
import { appendFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyEventAfter, begun, opening, proposed, sampleSpec, started, wholeTrial } from '../../tests/support/sample-run.ts'
import { temporaryFolder } from '../../tests/support/staged-dataset.ts'
import type { ExternalError } from '../core/errors.ts'
import type { RunEvent, StampedEvent } from '../core/run-events.ts'
import type { Clock } from './active-clock.ts'
import { openJournal } from './journal.ts'
import type { Journal } from './journal.ts'
import { readJournal } from './read-journal.ts'
import { runFolder } from './run-folder.ts'
import { readSpec } from './spec-file.ts'

async function open(folder: string, more: { onNote?: (line: string) => void; clock?: Clock } = {}): Promise<Journal> {
  return openJournal(folder, { onNote: (line) => expect.fail(`unexpected note: ${line}`), ...more })
}

/** A run folder whose journal holds these events. */
async function recorded(events: readonly RunEvent[]): Promise<string> {
  const folder = await temporaryFolder()
  const journal = await open(folder)
  for (const event of events) await journal.append(event)
  await journal.close()
  return folder
}

const journalOf = (folder: string) => join(folder, 'journal.jsonl')

/** What openJournal refuses with. */
async function refusal(folder: string): Promise<ExternalError> {
  return open(folder).then(
    () => expect.fail('it was opened'),
    (error: ExternalError) => error,
  )
}

test('whatever was appended is there when the run is opened again, and for whoever only reads', async () => {
  const choices = fc.array(fc.tuple(fc.nat(), fc.string({ unit: 'binary' })), { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(choices, choices, async (first, second) => {
      const folder = await temporaryFolder()
      const acknowledged: StampedEvent[] = []
      for (const session of [first, second]) {
        const journal = await open(folder)
        for (const [choice, text] of session) acknowledged.push(await journal.append(anyEventAfter(journal.state(), choice, text)))
        expect(await readJournal(folder)).toMatchObject({ state: journal.state(), events: acknowledged })
        await journal.close()
      }
      const reopened = await open(folder)
      expect(reopened.state()).toEqual((await readJournal(folder)).state)
      await reopened.close()
    }),
    { numRuns: 15 },
  )
})

test('appends at the same time are written in their order', async () => {
  const folder = await temporaryFolder()
  const journal = await open(folder)
  const events = [...opening(), ...wholeTrial(1, 0.9, 'kept')]
  const stamped = await Promise.all(events.map(journal.append))
  expect(stamped.map(({ seq, type }) => [seq, type])).toEqual(events.map(({ type }, seq) => [seq, type]))
  await journal.close()
})

test('an event that cannot follow is not written, and the next one is', async () => {
  const folder = await recorded(opening())
  const journal = await open(folder)
  const before = await readFile(journalOf(folder))
  await expect(journal.append(proposed(5))).rejects.toThrow('event 4 (trial.proposed) cannot follow: the next trial is 1, not 5')
  expect(await readFile(journalOf(folder))).toEqual(before)
  expect((await journal.append(proposed(1))).seq).toBe(4)
  await journal.close()
  await expect(journal.append(begun(1))).rejects.toThrow('is closed')
})

test('a line cut by a crash is kept beside the journal, taken off, and said', async () => {
  const folder = await recorded(opening())
  await appendFile(journalOf(folder), '0123abcd 400 {"seq":4,"at":"2026')
  expect((await readJournal(folder)).events).toHaveLength(4)
  const notes: string[] = []
  const journal = await open(folder, { onNote: (line) => notes.push(line) })
  expect(notes).toEqual([
    'the last line of the journal was cut by a crash (32 bytes, kept in journal.torn); the run goes on before it',
  ])
  await journal.append(proposed(1))
  await journal.close()
  expect(await readFile(join(folder, 'journal.torn'), 'utf8')).toBe('0123abcd 400 {"seq":4,"at":"2026')
  expect((await readJournal(folder)).events.map(({ type }) => type).slice(-2)).toEqual(['evaluation.finished', 'trial.proposed'])
})

test('a journal that was changed is refused with the line and with a command that gives up the rest', async () => {
  const folder = await recorded(opening())
  await writeFile(journalOf(folder), (await readFile(journalOf(folder), 'utf8')).replace('"repeat":0', '"repeat":1'))
  const error = await refusal(folder)
  const path = journalOf(folder)
  expect(error.code).toBe('journal')
  expect(error.message).toBe('line 3 of the journal is damaged: its checksum does not fit what it holds')
  expect(error.fix).toContain(`cp ${path} ${path}.damaged && head -n 2 ${path}.damaged > ${path}`)
  await expect(readJournal(folder)).rejects.toThrow('line 3')
})

test('what the fix for a damaged journal says makes the run usable again', async () => {
  const folder = await recorded(opening())
  await writeFile(journalOf(folder), (await readFile(journalOf(folder), 'utf8')).replace('"repeat":0', '"repeat":1'))
  const command = (await refusal(folder)).fix!.split('after it: ')[1]!
  execFileSync('sh', ['-c', command])
  const journal = await open(folder)
  expect(journal.state().trials).toHaveLength(1)
  await journal.close()
})

test('run.json is written with the first event', async () => {
  const folder = await recorded([started({ about: 'faces of staff' })])
  expect(await readSpec(runFolder(folder))).toEqual(sampleSpec({ about: 'faces of staff' }))
})

test('a run.json that says something else is refused, one that is missing is written again', async () => {
  const folder = await recorded(opening())
  await writeFile(join(folder, 'run.json'), JSON.stringify(sampleSpec({ seed: 3, metric: 'auc' })))
  expect((await refusal(folder)).message).toBe('run.json and the journal disagree about metric, seed')
  await writeFile(join(folder, 'run.json'), '{"version": 1')
  expect((await refusal(folder)).message).toBe('run.json does not hold the spec of a run')
  await rm(join(folder, 'run.json'))
  const journal = await open(folder)
  expect(await readSpec(journal.folder)).toEqual(sampleSpec())
  await journal.close()
})

test('a start that disagrees with the run.json of a crash before it is refused', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'run.json'), JSON.stringify(sampleSpec({ seed: 3 })))
  const journal = await open(folder)
  await expect(journal.append(started())).rejects.toThrow('disagree about seed')
  await journal.append(started({ seed: 3 }))
  await journal.close()
})

test('a refused opening leaves the run free', async () => {
  const folder = await recorded(opening())
  const good = await readFile(journalOf(folder))
  await writeFile(journalOf(folder), `x${good.toString()}`)
  await refusal(folder)
  await writeFile(journalOf(folder), good)
  const journal = await open(folder)
  expect(journal.state().trials).toHaveLength(1)
  await journal.close()
})

test('a second opening in the same process is refused while the first lasts', async () => {
  const folder = await recorded(opening())
  const journal = await open(folder)
  expect(await refusal(folder)).toMatchObject({
    code: 'busy',
    message: expect.stringContaining(`is at work in process ${process.pid}`),
  })
  await journal.close()
  await (await open(folder)).close()
})

test('a folder that does not exist is not made', async () => {
  const parent = await temporaryFolder()
  await expect(open(join(parent, 'none'))).rejects.toThrow('ENOENT')
  expect(await readdir(parent)).toEqual([])
})

/** A clock that stands still until it is told. */
function handClock(): Clock & { advance: (seconds: number) => void } {
  let seconds = 1000
  return { now: () => new Date(seconds * 1000), monotonicSeconds: () => seconds, advance: (by) => void (seconds += by) }
}

test('active seconds are those of all sessions, without the time between them', async () => {
  const folder = await temporaryFolder()
  const clock = handClock()
  const first = await open(folder, { clock })
  clock.advance(10)
  expect((await first.append(started())).activeSeconds).toBe(10)
  await first.close()
  clock.advance(500)
  const second = await open(folder, { clock })
  clock.advance(2.5)
  expect((await second.append(proposed(0))).activeSeconds).toBe(12.5)
  expect(second.activeSeconds()).toBe(12.5)
  await second.close()
})

test('a pause is not counted, and pauses that overlap end with the last one', async () => {
  const clock = handClock()
  const journal = await open(await temporaryFolder(), { clock })
  clock.advance(1)
  journal.pause()
  clock.advance(5)
  journal.pause()
  clock.advance(5)
  journal.resume()
  clock.advance(5)
  expect(journal.activeSeconds()).toBe(1)
  journal.resume()
  clock.advance(2)
  expect(journal.activeSeconds()).toBe(3)
  expect(() => journal.resume()).toThrow('without having been paused')
  await journal.close()
})

test('a run folder that cannot be written is said in a sentence', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'run'))
  await writeFile(join(folder, 'run', 'lock'), 'not a folder')
  expect(await refusal(join(folder, 'run'))).toMatchObject({
    code: 'disk',
    message: 'the journal of the run cannot be written (EEXIST)',
  })
})
