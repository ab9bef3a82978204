import { chmodSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../tests/support/staged-dataset.ts'
import { findPictures } from './find-pictures.ts'

const PNG = Buffer.from('\x89PNG\r\n\x1a\n and the rest', 'latin1')
const NOBODY = 65_534

async function makeWorld(...names: string[]): Promise<string> {
  const folder = await temporaryFolder()
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), PNG)
  }
  return folder
}

const namesIn = (folder: string, ...named: string[]) => findPictures(named, folder).files.map((file) => file.name)

/** File rights do not bind root, so that root becomes somebody else for the moment. */
function asOrdinaryUser<T>(work: () => T): T {
  if (process.geteuid?.() !== 0) return work()
  process.seteuid?.(NOBODY)
  try {
    return work()
  } finally {
    process.seteuid?.(0)
  }
}

test('files come in the order in which they are named, each once', async () => {
  const folder = await makeWorld('b.png', 'a.png')
  expect(namesIn(folder, 'b.png', 'a.png', './b.png', join(folder, 'a.png'))).toEqual(['b.png', 'a.png'])
})

test('of a folder all pictures below count, by name or first bytes; hidden and other files do not', async () => {
  const folder = await makeWorld('x/2/b.JPG', 'x/1/b.JPG', 'x/plain', 'x/.hidden.png', 'x/.git/a.png')
  await writeFile(join(folder, 'x', 'notes.txt'), 'no picture')
  await writeFile(join(folder, 'x', 'unknown'), 'no picture at all')
  expect(findPictures(['x'], folder)).toEqual({
    files: ['x/1/b.JPG', 'x/2/b.JPG', 'x/plain'].map((name) => ({ name, path: join(folder, name) })),
    others: 2,
    locked: [],
  })
})

test('a pattern is expanded, also over folders; a file of that very name comes first', async () => {
  const folder = await makeWorld('a1.png', 'a2.png', 'b.png', 'deep/er/a3.png', '[a]1.png')
  expect(namesIn(folder, 'a?.png')).toEqual(['a1.png', 'a2.png'])
  expect(namesIn(folder, '**/a*.png')).toEqual(['a1.png', 'a2.png', 'deep/er/a3.png'])
  expect(namesIn(folder, 'dee*')).toEqual(['deep/er/a3.png'])
  expect(namesIn(folder, '[a]1.png')).toEqual(['[a]1.png'])
})

test('a file that is named is taken whatever it is', async () => {
  const folder = await makeWorld()
  await writeFile(join(folder, 'notes.txt'), 'no picture')
  expect(namesIn(folder, 'notes.txt')).toEqual(['notes.txt'])
})

test('a link that leads in circles is followed once', async () => {
  const folder = await makeWorld('x/a.png')
  await symlink('..', join(folder, 'x', 'up'))
  await symlink('nowhere', join(folder, 'x', 'broken.png'))
  expect(namesIn(folder, 'x')).toEqual(['x/a.png'])
})

test('a folder that may not be read is an error when it was named, else it is told of', async () => {
  const folder = await makeWorld('x/a.png', 'x/locked/b.png')
  for (const open of [folder, join(folder, 'x')]) chmodSync(open, 0o755)
  chmodSync(join(folder, 'x', 'locked'), 0o000)
  try {
    expect(asOrdinaryUser(() => findPictures(['x'], folder))).toMatchObject({ files: [{ name: 'x/a.png' }], locked: ['x/locked'] })
    expect(() => asOrdinaryUser(() => findPictures(['x/locked'], folder))).toThrow(
      expect.objectContaining({ message: 'the folder x/locked may not be read by you', fix: expect.stringContaining('chmod') }),
    )
  } finally {
    chmodSync(join(folder, 'x', 'locked'), 0o755)
  }
})

test.each([
  [['rose.pgn'], 'there is no picture rose.pgn', 'did you mean rose.png?'],
  [['*.tif'], 'no file matches *.tif', 'check the pattern'],
  [['empty'], 'there are no pictures in empty', 'name pictures, folders with pictures, or a pattern such as "photos/*.jpg"'],
])('%j is refused with a fix', async (named, message, fix) => {
  const folder = await makeWorld('rose.png')
  await mkdir(join(folder, 'empty'))
  expect(() => findPictures(named, folder)).toThrow(expect.objectContaining({ message, fix }))
})
