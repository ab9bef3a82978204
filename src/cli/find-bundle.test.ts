import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../tests/support/staged-dataset.ts'
import { findBundle, nameForBundle } from './find-bundle.ts'

async function makeWorld(): Promise<string> {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'improve-runs', '2026-03-05-flowers-7f3a', 'best'), { recursive: true })
  await writeFile(join(folder, 'improve-runs', '2026-03-05-flowers-7f3a', 'best', 'bundle.json'), '{}')
  await mkdir(join(folder, 'empty'))
  await writeFile(join(folder, 'a.png'), '')
  return folder
}

test.each(['improve-runs/2026-03-05-flowers-7f3a', 'improve-runs/2026-03-05-flowers-7f3a/best', '2026-03-05-flowers-7f3a'])(
  'the classifier of a run is found as %s',
  async (given) => {
    const folder = await makeWorld()
    expect(findBundle(given, folder)).toBe(join(folder, 'improve-runs', '2026-03-05-flowers-7f3a', 'best'))
  },
)

test.each([
  [
    '2026-03-05-flowers-7f3b',
    'there is no run or folder 2026-03-05-flowers-7f3b',
    'did you mean improve-runs/2026-03-05-flowers-7f3a?',
  ],
  ['empty', 'empty holds no classifier', 'give the folder of a finished run or try, or its folder best'],
  [
    'a.png',
    'a.png is a file, not a folder with a classifier',
    'improve predict <run> <pictures>: name the run first, then the pictures',
  ],
])('%s is refused with a fix', async (given, message, fix) => {
  const folder = await makeWorld()
  expect(() => findBundle(given, folder)).toThrow(expect.objectContaining({ message, fix }))
})

test.each([
  ['improve-runs/2026-03-05-flowers-7f3a', '2026-03-05-flowers-7f3a'],
  ['elsewhere/2026-03-05-flowers-7f3a', 'elsewhere/2026-03-05-flowers-7f3a'],
])('of %s the shortest name is %s', (path, name) => {
  expect(nameForBundle(join('/here', path), '/here')).toBe(name)
})
