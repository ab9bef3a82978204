import { readFile, truncate, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { temporaryFolder, writeStaged } from '../../tests/support/staged-dataset.ts'
import { loadDataset } from './load-dataset.ts'
import { layout } from './staged-dataset.ts'

async function staged(): Promise<string> {
  const folder = await temporaryFolder()
  await writeStaged(folder)
  return folder
}

async function complaint(folder: string): Promise<string> {
  const error: unknown = await loadDataset(folder).then(
    () => null,
    (reason: unknown) => reason,
  )
  return error instanceof Error && 'evidence' in error ? String(error.evidence) : String(error)
}

test('a staged dataset that nobody touched is loaded', async () => {
  const { facts } = await loadDataset(await staged())
  expect(facts.classes).toEqual(['cat', 'dog'])
  expect(facts.folds).toHaveLength(5)
})

test('a pixel file that lost a byte is noticed', async () => {
  const folder = await staged()
  await truncate(layout.pixels(folder, 'fold2'), 15)
  expect(await complaint(folder)).toContain('has 15 bytes, expected 16')
})

test.each([
  ['labels', (folder: string) => layout.labels(folder, 'fold1')],
  ['pixels', (folder: string) => layout.pixels(folder, 'test')],
  ['dev rows', (folder: string) => layout.dev(folder, 3)],
])('changed %s of the same size are noticed', async (_, pathOf) => {
  const folder = await staged()
  const bytes = await readFile(pathOf(folder))
  bytes[0] = (bytes[0] ?? 0) ^ 1
  await writeFile(pathOf(folder), bytes)
  expect(await complaint(folder)).toContain('is not the file that was written')
})

test('a picture that is in two parts is an error', async () => {
  const folder = await temporaryFolder()
  await writeStaged(folder, {
    pixelHashes: (part, row) => (row === 1 && (part === 'test' || part === 'fold3') ? 'same' : `${part} ${row}`),
  })
  expect(await complaint(folder)).toContain('is in the parts fold3 and test')
})

test('identical pictures within one part are allowed', async () => {
  const folder = await temporaryFolder()
  await writeStaged(folder, { pixelHashes: (part) => part })
  await expect(loadDataset(folder)).resolves.toBeDefined()
})

test('a dataset of another version is refused with the field named', async () => {
  const folder = await staged()
  const text = await readFile(layout.facts(folder), 'utf8')
  await writeFile(layout.facts(folder), text.replace('"version":1', '"version":2'))
  expect(await complaint(folder)).toContain('version')
})

test('a part name that is a path is refused', async () => {
  const folder = await staged()
  const text = await readFile(layout.facts(folder), 'utf8')
  await writeFile(layout.facts(folder), text.replaceAll('fold0', '../x'))
  expect(await complaint(folder)).toContain('dataset.json is not valid')
})
