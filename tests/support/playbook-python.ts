import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ensurePythonEnvironment } from '../../src/harness/index.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const HARNESS = join(ROOT, 'harness')

/** Runs a program of tests/fixtures/playbook in the project's Python with `input` as JSON on stdin; gives the JSON that it printed. */
export async function runPlaybookProgram(program: string, input: unknown): Promise<unknown> {
  const path = join(ROOT, 'tests', 'fixtures', 'playbook', `${program}.py`)
  const { exitCode, stdout, stderr } = await python([path], JSON.stringify(input))
  if (exitCode !== 0) throw new Error(`${program}.py ended with ${String(exitCode)}: ${stderr.slice(-2000)}`)
  return JSON.parse(stdout)
}

/** What the project's linter and formatter have to say about Python sources, by name; empty when they are content. */
export async function pythonFindings(sources: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'improve-ruff-'))
  try {
    await Promise.all(Object.entries(sources).map(([name, source]) => writeFile(join(folder, `${name}.py`), source)))
    const config = ['--no-cache', '--config', join(HARNESS, 'pyproject.toml'), folder]
    const lint = await python(['-m', 'ruff', 'check', '--quiet', ...config])
    const format = await python(['-m', 'ruff', 'format', '--diff', '--quiet', ...config])
    return [lint, format].map(({ stdout, stderr }) => stdout + stderr).join('')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function python(args: readonly string[], input = ''): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const environment = await ensurePythonEnvironment({ dev: true, onProgress: () => {}, signal: new AbortController().signal })
  const child = spawn(environment.python, args, { env: { ...process.env, PYTHONPATH: HARNESS, OMP_NUM_THREADS: '1' } })
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { exitCode: child.exitCode, stdout, stderr }
}
