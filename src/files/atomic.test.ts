import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeAtomic } from './atomic.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'improve-atomic-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('the new content replaces the old and leaves no temporary file', async () => {
  const path = join(folder, 'state.json')
  await writeAtomic(path, 'old')
  await writeAtomic(path, new TextEncoder().encode('new'))
  expect(await readFile(path, 'utf8')).toBe('new')
  expect(await readdir(folder)).toEqual(['state.json'])
})

test('a write that fails keeps what was there and leaves no temporary file', async () => {
  const path = join(folder, 'taken')
  await mkdir(path)
  await writeFile(join(path, 'inside'), 'kept')
  await expect(writeAtomic(path, 'new')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
  expect(await readdir(folder)).toEqual(['taken'])
  expect(await readFile(join(path, 'inside'), 'utf8')).toBe('kept')
})

test('a missing folder is an error', async () => {
  await expect(writeAtomic(join(folder, 'no', 'file'), 'x')).rejects.toThrow('ENOENT')
})

test('a reader sees a whole file even when the writer is killed at any moment', async () => {
  const path = join(folder, 'state')
  await writeAtomic(path, 'a'.repeat(1 << 20))
  const program = `import { writeAtomic } from ${JSON.stringify(join(import.meta.dirname, 'atomic.ts'))}
    for (let i = 0; ; i++) await writeAtomic(${JSON.stringify(path)}, 'ab'[i % 2].repeat(1 << 20))`
  for (const milliseconds of [120, 200, 280]) {
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], { stdio: 'inherit' })
    await sleep(milliseconds)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await readFile(path, 'utf8')).toMatch(/^(a{1048576}|b{1048576})$/)
  }
})
