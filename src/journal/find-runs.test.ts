import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sampleSpec } from '../../tests/support/sample-run.ts'
import { temporaryFolder } from '../../tests/support/staged-dataset.ts'
import type { UsageError } from '../core/errors.ts'
import { evaluationFolder } from '../core/run-layout.ts'
import { findRuns, openRun } from './find-runs.ts'
import { makeRunFolder, runFolder } from './run-folder.ts'

/** A parent with three runs, a result of `improve try` and a file. */
async function makeParent(): Promise<string> {
  const parent = await temporaryFolder()
  const runs = {
    '2026-11-22-stamps-9999': '2026-11-22T10:00',
    '2026-11-23-faces-aaaa': '2026-11-23T08:00',
    '2026-11-23-faces-0b0b': '2026-11-23T09:00',
  }
  for (const [name, createdAt] of Object.entries(runs)) {
    await mkdir(join(parent, name))
    await writeFile(join(parent, name, 'run.json'), JSON.stringify(sampleSpec({ createdAt })))
    await writeFile(join(parent, name, 'journal.jsonl'), '')
  }
  await mkdir(join(parent, '2026-11-23-faces-try-cccc'))
  await writeFile(join(parent, '2026-11-23-faces-try-cccc', 'run.json'), '{"version":1,"command":"try"}')
  await writeFile(join(parent, 'notes.txt'), '')
  return parent
}

async function complaint(name: string): Promise<UsageError> {
  const parent = await makeParent()
  return openRun(name, parent, parent).then(
    () => expect.fail('it was found'),
    (error: UsageError) => error,
  )
}

test('runs are found newest first, and results of improve try are no runs', async () => {
  const found = await findRuns(await makeParent())
  expect(found.map(({ name }) => name)).toEqual(['2026-11-23-faces-0b0b', '2026-11-23-faces-aaaa', '2026-11-22-stamps-9999'])
})

test('a folder that does not exist holds no runs', async () => {
  expect(await findRuns(join(await temporaryFolder(), 'none'))).toEqual([])
})

test('a run whose spec was not written, or is not readable, is found all the same', async () => {
  const parent = await makeParent()
  await writeFile(join(parent, '2026-11-22-stamps-9999', 'run.json'), 'null')
  await mkdir(join(parent, 'new'))
  await writeFile(join(parent, 'new', 'journal.jsonl'), '')
  expect(await findRuns(parent)).toHaveLength(4)
})

test.each([
  ['its name', '2026-11-22-stamps-9999', '2026-11-22-stamps-9999'],
  ['a beginning that only it has', '2026-11-22', '2026-11-22-stamps-9999'],
  ['the four characters at its end', 'aaaa', '2026-11-23-faces-aaaa'],
  ['the name of its dataset', 'stamps', '2026-11-22-stamps-9999'],
  ['a path', './2026-11-23-faces-0b0b', '2026-11-23-faces-0b0b'],
])('a run is found by %s', async (_, given, name) => {
  const parent = await makeParent()
  expect((await openRun(given, parent, parent)).folder).toBe(join(parent, name))
})

test('a beginning that several runs have is answered with their names', async () => {
  const error = await complaint('2026-11-23')
  expect(error.message).toBe('2 runs fit 2026-11-23')
  expect(error.evidence).toEqual(['2026-11-23-faces-0b0b, 2026-11-23-faces-aaaa'])
})

test('a name that begins with another name is still found', async () => {
  const parent = await makeParent()
  await mkdir(join(parent, '2026-11-22-stamps-9999-copy'))
  await writeFile(join(parent, '2026-11-22-stamps-9999-copy', 'journal.jsonl'), '')
  expect((await openRun('2026-11-22-stamps-9999', parent, parent)).folder).toBe(join(parent, '2026-11-22-stamps-9999'))
})

test('an empty name fits no run', async () => {
  const parent = await makeParent()
  await expect(openRun('', parent, parent)).rejects.toThrow('there is no run')
})

test('a name that no run has is answered with the nearest one', async () => {
  const error = await complaint('2026-11-22-stmps-9999')
  expect(error.message).toBe('there is no run 2026-11-22-stmps-9999')
  expect(error.fix).toBe('did you mean 2026-11-22-stamps-9999?')
  expect(error.evidence[1]).toContain('2026-11-23-faces-0b0b')
})

test('a new run folder has the date, the name of the dataset and four characters', async () => {
  const parent = await temporaryFolder()
  const { folder } = await makeRunFolder(parent, 'My Faces (small).zip', new Date('2026-11-23T23:59:00Z'))
  expect(folder).toMatch(/\/2026-11-23-my-faces-small-[0-9a-f]{4}$/)
})

test('a thousand runs of one dataset on one day get a thousand folders', async () => {
  const parent = await temporaryFolder()
  const folders = await Promise.all(Array.from({ length: 1000 }, () => makeRunFolder(parent, 'faces', new Date())))
  expect(new Set(folders.map(({ folder }) => folder)).size).toBe(1000)
})

test('the journal names the folder of an evaluation as the layout does', () => {
  expect(join('/runs/a', evaluationFolder(7, 1))).toBe(runFolder('/runs/a').trial(7).repeat(1))
})
