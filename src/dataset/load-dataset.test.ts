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
  ['items', (folder: string) => layout.items(folder)],
  ['facts of the card', (folder: string) => layout.card(folder)],
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

test('a near copy of a picture in another part is an error, even where own splits tear groups apart', async () => {
  const folder = await temporaryFolder()
  const copyGroups = (part: string, row: number) => (row === 2 && (part === 'fold1' || part === 'test') ? 999 : undefined)
  await writeStaged(folder, { copyGroups, tornGroups: 1 })
  expect(await complaint(folder)).toContain('the picture test-2.png is in the parts fold1 and test, as itself or as a near copy')
})

test('a group of the user in two parts is an error', async () => {
  const folder = await temporaryFolder()
  await writeStaged(folder, { groups: (part, row) => (row === 0 && part.startsWith('fold') ? 999 : undefined) })
  expect(await complaint(folder)).toContain('the group of fold1-0.png is in the parts fold0 and fold1')
})

test('as many groups may lie in two parts as the own splits of the user tear apart', async () => {
  const groups = (part: string, row: number) => (row === 2 && part !== 'fold1' && part !== 'fold2' ? 999 : undefined)
  const torn = async (tornGroups: number) => {
    const folder = await temporaryFolder()
    await writeStaged(folder, { scheme: 'fixed', groups, tornGroups })
    return complaint(folder)
  }
  expect(await torn(1)).toBe('null')
  expect(await torn(2)).toContain('1 groups lie in two parts, expected 2')
})

test('a group that is in dev and beside it in the train parts is an error', async () => {
  const folder = await temporaryFolder()
  // Rows 0 and 1 of the train parts are dev; the parts of fold 0 begin with fold1.
  await writeStaged(folder, { groups: (part, row) => (part === 'fold1' && row > 0 ? 999 : undefined) })
  expect(await complaint(folder)).toContain('row 2 of the train parts of fold 0 has its group in dev too')
})

test('identical pictures within one part are allowed', async () => {
  const folder = await temporaryFolder()
  await writeStaged(folder, { pixelHashes: (part) => part })
  await expect(loadDataset(folder)).resolves.toBeDefined()
})

test('a dataset of another version is refused with the field named', async () => {
  const folder = await staged()
  const text = await readFile(layout.facts(folder), 'utf8')
  await writeFile(layout.facts(folder), text.replace('"version":2', '"version":1'))
  expect(await complaint(folder)).toContain('version')
})

test('a part name that is a path is refused', async () => {
  const folder = await staged()
  const text = await readFile(layout.facts(folder), 'utf8')
  await writeFile(layout.facts(folder), text.replaceAll('fold0', '../x'))
  expect(await complaint(folder)).toContain('dataset.json is not valid')
})
