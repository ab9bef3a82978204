import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fixtureTools } from '../../tests/support/fixture-tools.ts'
import { temporaryFolder } from '../../tests/support/staged-dataset.ts'
import { storeByteLimit } from './limits.ts'
import { prepareDataset } from './prepare-dataset.ts'

test.each([
  ['half of what a process may use', 64, 10_000, 32],
  ['an eighth of the disk', 10_000, 64, 8],
  ['a power of two below either', 100, 1000, 32],
])('the stored pixels may take %s', (_, processBytes, diskBytes, expected) => {
  expect(storeByteLimit(processBytes, diskBytes)).toBe(expected)
})

test('preparing is told what this machine lets the stored pixels take, twice the same', async () => {
  const root = await temporaryFolder()
  const source = join(root, 'images')
  await mkdir(source)
  const tools = await fixtureTools('tells_job')
  const told = async () => {
    const request = { source, groups: null, cache: join(root, 'cache'), onProgress: () => {}, onNote: () => {} }
    const error = await prepareDataset({ ...request, signal: new AbortController().signal }, tools).catch(
      (reason: unknown) => reason,
    )
    expect(error).toMatchObject({ message: 'no images' })
    return JSON.parse(String((error as { evidence: string[] }).evidence[0]))
  }
  const first = await told()
  expect(first).toMatchObject({ workers: 1, groups: null })
  expect(Math.log2(first.storeByteLimit) % 1).toBe(0)
  expect(await told()).toEqual(first)
})
