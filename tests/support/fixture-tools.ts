import { join } from 'node:path'
import { findPython } from '../../src/harness/find-python.ts'
import type { Tools } from '../../src/harness/index.ts'
import { makePlainSandbox } from '../../src/sandbox/index.ts'

/** Tools whose Python processes run a program of tests/fixtures/harness instead of the harness, without a sandbox. */
export async function fixtureTools(program: string): Promise<Tools> {
  const { executable } = await findPython(new AbortController().signal, process.env)
  return {
    sandbox: makePlainSandbox(),
    python: executable,
    threads: 1,
    entry: join(import.meta.dirname, '..', 'fixtures', 'harness', `${program}.py`),
    machine: { device: 'cpu', threads: 1, dtype: 'float32', channelsLast: false, referenceSpeed: 1000 },
  }
}
