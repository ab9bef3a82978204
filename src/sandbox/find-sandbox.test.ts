import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { findSandbox } from './find-sandbox.ts'
import { noSandbox } from '../../tests/support/needs-sandbox.ts'
import { makeFolder } from '../../tests/support/sandbox.ts'

/** A program in bwrap's place. */
const fake = (script: string): string => {
  const path = join(makeFolder(), 'bwrap')
  writeFileSync(path, `#!/bin/sh\nPATH=/usr/bin:/bin\nif [ "$1" = --version ]; then echo fake 1; exit; fi\n${script}\n`, {
    mode: 0o755,
  })
  return path
}

test.skipIf(noSandbox)('the sandbox here is found by trying it, in under half a second', async () => {
  const startedAt = performance.now()
  const found = await findSandbox()
  expect(performance.now() - startedAt).toBeLessThan(500)
  expect(found.sandbox?.level).toBe(2)
  expect(found.sandbox?.description).toMatch(/^bubblewrap \d+\.\d+\.\d+, no network, own process tree$/)
})

test('without bubblewrap the fix is a command', async () => {
  const found = await findSandbox(null)
  expect(found).toMatchObject({ sandbox: null, reason: 'bubblewrap is not installed' })
  expect(found.fix).toContain('bubblewrap')
})

test('what an AppArmor rule refuses is no sandbox', async () => {
  const found = await findSandbox(fake('echo "bwrap: setting up uid map: Permission denied" >&2; exit 1'))
  expect(found).toMatchObject({ sandbox: null, reason: 'the sandbox did not start: setting up uid map: Permission denied' })
  expect(found.fix).toMatch(/namespaces/)
})

test('an old bubblewrap is named as such', async () => {
  const found = await findSandbox(fake('echo "bwrap: Unknown option --disable-userns" >&2; exit 1'))
  expect(found.sandbox).toBeNull()
  expect(found.fix).toContain('0.8.0 or newer')
})

test('a bubblewrap that runs the program without isolating it is refused', async () => {
  const script = `
while [ "$1" != -- ]; do shift; done; shift
echo "{ \\"child-pid\\": $$ }" >&5
"$@" 5>&-
echo '{ "exit-code": 0 }' >&5`
  const found = await findSandbox(fake(script))
  expect(found.sandbox).toBeNull()
  expect(found.reason).toMatch(/does not isolate: .*host=visible/)
})

test('a bubblewrap that does nothing is refused', async () => {
  const found = await findSandbox(fake('exit 0'))
  expect(found).toMatchObject({ sandbox: null, reason: 'the sandbox did not start: bwrap ended without a word' })
})
