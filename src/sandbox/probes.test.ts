import { expect, test } from 'vitest'

import { makePlainSandbox } from './plain.ts'
import { runProbes } from './probes.ts'
import { noSandbox } from '../../tests/support/needs-sandbox.ts'
import { bwrap, python } from '../../tests/support/sandbox.ts'

test.skipIf(noSandbox)('all ten probes pass in bubblewrap', { timeout: 20_000 }, async () => {
  const probes = await runProbes(bwrap, python)
  expect(probes).toHaveLength(10)
  expect(probes.filter((probe) => !probe.passed)).toEqual([])
})

test('a plain process fails the probes that need a sandbox, and keeps its memory limit', { timeout: 20_000 }, async () => {
  const probes = await runProbes(makePlainSandbox(), python)
  const failed = probes.filter((probe) => !probe.passed).map((probe) => probe.name)
  expect(failed).toEqual(
    expect.arrayContaining([
      'host files are hidden',
      'host network is out of reach',
      'setuid is refused',
      'host processes are invisible',
    ]),
  )
  expect(failed).not.toContain('memory limit holds')
})
