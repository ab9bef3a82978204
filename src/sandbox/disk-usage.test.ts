import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { diskUsage } from './disk-usage.ts'
import { makeFolder } from '../../tests/support/sandbox.ts'

test('files in deeper folders count, links do not', async () => {
  const folder = makeFolder()
  mkdirSync(join(folder, 'a/b'), { recursive: true })
  writeFileSync(join(folder, 'a/b/file'), Buffer.alloc(100_000, 1))
  symlinkSync('/', join(folder, 'root'))
  const bytes = await diskUsage([folder], 1e9)
  expect(bytes).toBeGreaterThanOrEqual(100_000)
  expect(bytes).toBeLessThan(200_000)
})

test('more than the limit is infinite', async () => {
  const folder = makeFolder()
  writeFileSync(join(folder, 'file'), Buffer.alloc(100_000, 1))
  expect(await diskUsage([folder], 50_000)).toBe(Infinity)
})

test('a sparse file counts what it occupies', async () => {
  const folder = makeFolder()
  execFileSync('truncate', ['-s', '1T', join(folder, 'sparse')])
  expect(await diskUsage([folder], 1e6)).toBeLessThan(1e5)
})

test('a name that is no UTF-8 does not hide its file', async () => {
  const folder = makeFolder()
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])]), Buffer.alloc(100_000, 1))
  expect(await diskUsage([folder], 1e9)).toBeGreaterThanOrEqual(100_000)
})

test('a folder that is gone is empty', async () => {
  expect(await diskUsage(['/nowhere/out'], 1e9)).toBe(0)
})
