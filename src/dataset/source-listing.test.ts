import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../tests/support/staged-dataset.ts'
import { UsageError } from '../core/errors.ts'
import { listSource } from './source-listing.ts'

/** The user without rights of common Unix systems. */
const nobody = 65_534

test('a folder that may not be read is named, with the command that mends it', async () => {
  const folder = await temporaryFolder()
  const locked = join(folder, 'my cats')
  await mkdir(locked)
  await chmod(folder, 0o755)
  await chmod(locked, 0o000)
  const owner = process.geteuid?.()
  if (owner === 0) process.seteuid?.(nobody) // root may read everything
  try {
    expect(() => listSource(folder)).toThrow(
      expect.objectContaining({
        constructor: UsageError,
        evidence: [locked],
        fix: expect.stringContaining(`chmod -R u+rX '${locked}'`),
      }),
    )
  } finally {
    if (owner === 0) process.seteuid?.(owner)
    await chmod(locked, 0o700)
  }
})
