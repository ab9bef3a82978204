import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { UsageError } from '../core/errors.ts'
import { readKeys } from './keys.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'improve-keys-'))
  path = join(folder, 'key')
})
afterEach(() => rm(folder, { recursive: true }))

test('a key comes from the environment, without the space around it', async () => {
  expect(await readKeys(['openai', 'ollama'], { OPENAI_API_KEY: ' sk-abc\n' })).toEqual({ openai: 'sk-abc' })
})

test('Google answers to three names', async () => {
  expect(await readKeys(['google'], { GEMINI_API_KEY: 'g-1' })).toEqual({ google: 'g-1' })
})

test('a key comes from a file that only its owner can read', async () => {
  await writeFile(path, 'from-file\n', { mode: 0o600 })
  expect(await readKeys(['openai'], { OPENAI_API_KEY_FILE: path })).toEqual({ openai: 'from-file' })
})

test('a file that others can read is refused', async () => {
  await writeFile(path, 'from-file', { mode: 0o600 })
  await chmod(path, 0o640)
  const error = await readKeys(['openai'], { OPENAI_API_KEY_FILE: path }).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(UsageError)
  expect(error).toMatchObject({
    message: 'the key file of OPENAI_API_KEY_FILE can be read by others on this machine',
    fix: `chmod 600 ${path}`,
  })
})

test('a file that is missing is named', async () => {
  await expect(readKeys(['openai'], { OPENAI_API_KEY_FILE: path })).rejects.toThrow(
    'OPENAI_API_KEY_FILE names cannot be read (ENOENT)',
  )
})

test('a vendor without a key is refused with the names that were looked for', async () => {
  const error = await readKeys(['anthropic'], { OPENAI_API_KEY: 'x' }).catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    message: 'no key for anthropic',
    evidence: [expect.stringContaining('ANTHROPIC_API_KEY, ANTHROPIC_API_KEY_FILE')],
  })
})

test('an endpoint of one’s own needs no key', async () => {
  expect(await readKeys(['local', 'ollama', 'lmstudio', 'vllm'], {})).toEqual({})
})

test('a key with a character that no header takes is refused without being repeated', async () => {
  const error = await readKeys(['openai'], { OPENAI_API_KEY: 'sk-\u201cquoted\u201d' }).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(UsageError)
  expect(JSON.stringify(error) + String(error)).not.toContain('quoted')
})
