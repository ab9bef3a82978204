import { execFileSync } from 'node:child_process'
import { link, mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../tests/support/staged-dataset.ts'
import { takeFile } from './take-file.ts'

const HOSTILE: readonly [string, (path: string) => unknown, string][] = [
  ['is missing', () => {}, 'was not written'],
  ['is a link to a file of the host', (path) => symlink('/etc/hostname', path), 'plain file'],
  ['is a folder', (path) => mkdir(path), 'plain file'],
  ['is a pipe that would block for ever', (path) => execFileSync('mkfifo', [path]), 'plain file'],
  ['is one byte short', (path) => writeFile(path, 'abc'), '3 bytes, expected exactly 4'],
  ['is sparse and huge', async (path) => writeFile(path, '').then(() => truncate(path, 2 ** 42)), 'expected exactly 4'],
]

test.each(HOSTILE)('a file that %s is refused', async (_, make, reason) => {
  const folder = await temporaryFolder()
  await make(join(folder, 'logits.f32'))
  await expect(takeFile(join(folder, 'logits.f32'), join(folder, 'copy'), { exactBytes: 4 })).rejects.toThrow(reason)
})

test('a file with a second name is refused, since it may be one of the host', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'other'), 'abcd')
  await link(join(folder, 'other'), join(folder, 'logits.f32'))
  await expect(takeFile(join(folder, 'logits.f32'), join(folder, 'copy'), { exactBytes: 4 })).rejects.toThrow('plain file')
})

test('an empty file and one above the cap are refused where any size up to a cap will do', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'empty'), '')
  await writeFile(join(folder, 'large'), 'abcdef')
  for (const name of ['empty', 'large']) {
    await expect(takeFile(join(folder, name), join(folder, 'copy'), { maxBytes: 5 })).rejects.toThrow('expected 1 to 5')
  }
})

test('a plain file of the right size is copied byte for byte', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'logits.f32'), Buffer.of(0, 255, 10, 13))
  await takeFile(join(folder, 'logits.f32'), join(folder, 'copy'), { exactBytes: 4 })
  expect([...(await readFile(join(folder, 'copy')))]).toEqual([0, 255, 10, 13])
})

test('an empty file is copied where none bytes are expected', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'check.f32'), '')
  await takeFile(join(folder, 'check.f32'), join(folder, 'copy'), { exactBytes: 0 })
  expect(await readFile(join(folder, 'copy'), 'utf8')).toBe('')
})
