import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')

function runCommand(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const options = { cwd: ROOT, encoding: 'utf8', env: { ...process.env, ...env } } as const
  return spawnSync(process.execPath, [join(ROOT, 'scripts', 'run.mjs'), ...args], options)
}

test('an unknown command is refused with the names of those there are', () => {
  const { status, stderr } = runCommand(['tset'])
  expect(status).toBe(2)
  expect(stderr).toBe('error: no command "tset"\nfix: node scripts/run.mjs setup|quickstart|check|test|bench|proof|build\n')
})

test('a command that takes no arguments refuses them', () => {
  const { status, stderr } = runCommand(['check', '--fast'])
  expect(status).toBe(2)
  expect(stderr).toContain('error: check takes no arguments, got "--fast"')
})

test('a set-up that fails says why and how to mend it, and the summary of `test` counts it', () => {
  const { status, stdout, stderr } = runCommand(['test'], { IMPROVE_PYTHON: 'no-such-python' })
  expect(status).toBe(1)
  expect(stderr).toContain('error: IMPROVE_PYTHON="no-such-python" is not a Python 3.11 or newer')
  expect(stderr).toContain('fix: unset IMPROVE_PYTHON')
  expect(stdout).toBe('0 passed, 1 failed\n')
})
