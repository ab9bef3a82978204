import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hashFile, hashText } from './hash.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'improve-hash-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('the hash of text is the published SHA-256 of "abc"', () => {
  expect(hashText('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

test('a file of several read pieces has the hash of its whole content', async () => {
  const text = 'abcdefg\n'.repeat(500_000)
  await writeFile(join(folder, 'big'), text)
  expect(await hashFile(join(folder, 'big'))).toBe(hashText(text))
})

test('a missing file is an error, not a hash', async () => {
  await expect(hashFile(join(folder, 'none'))).rejects.toThrow('ENOENT')
})

test('an abort ends the reading', async () => {
  await writeFile(join(folder, 'file'), 'x')
  await expect(hashFile(join(folder, 'file'), AbortSignal.abort())).rejects.toThrow('aborted')
})
