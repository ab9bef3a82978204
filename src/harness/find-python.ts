import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { z } from 'zod'
import { ExternalError, UsageError } from '../core/errors.ts'

const run = promisify(execFile)

/** The user's default first, since that is what they expect; newer names for systems whose default is older. */
const NAMES = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python'] as const
const MINIMUM = [3, 11] as const

const PROBE = `import importlib.util, json, platform, sys
print(json.dumps({
    "executable": getattr(sys, "_base_executable", None) or sys.executable,
    "version": platform.python_version(),
    "implementation": platform.python_implementation(),
    "machine": platform.machine(),
    "hasVenv": all(importlib.util.find_spec(m) is not None for m in ("venv", "ensurepip")),
}))`

const pythonSchema = z.object({
  executable: z.string(),
  /** "3.11.7" */
  version: z.string(),
  implementation: z.string(),
  machine: z.string(),
  /** Whether the modules are there that make a virtual environment with pip. Debian ships them apart. */
  hasVenv: z.boolean(),
})
export type Python = Readonly<z.infer<typeof pythonSchema>>

/** Finds a CPython >= 3.11 that can make virtual environments, by running each candidate. `IMPROVE_PYTHON` is used alone if set. */
export async function findPython(signal: AbortSignal, env: NodeJS.ProcessEnv = process.env): Promise<Python> {
  const own = env['IMPROVE_PYTHON']
  const evidence: string[] = []
  let withoutVenv: Python | undefined
  for (const name of own ? [own] : NAMES) {
    const python = await probe(name, env, signal)
    evidence.push(`tried  ${name}: ${verdict(python)}`)
    if (typeof python === 'string' || !isUsable(python)) continue
    if (python.hasVenv) return python
    withoutVenv ??= python
  }
  if (withoutVenv) throw venvMissing(withoutVenv, evidence)
  if (own) throw new UsageError(`IMPROVE_PYTHON="${own}" is not a Python 3.11 or newer`, { evidence, fix: 'unset IMPROVE_PYTHON' })
  throw new ExternalError('environment', 'no Python 3.11 or newer on PATH', {
    evidence,
    fix: 'install Python 3.11 or newer, or name one: export IMPROVE_PYTHON=/path/to/python3',
  })
}

/** What the candidate says of itself, or in a few words why it says nothing. */
async function probe(name: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Python | string> {
  try {
    const { stdout } = await run(name, ['-I', '-c', PROBE], { env, signal, timeout: 30_000 })
    return pythonSchema.parse(JSON.parse(stdout))
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof Error)) throw error
    return 'code' in error && error.code === 'ENOENT' ? 'not found' : 'does not run as Python 3'
  }
}

function isUsable(python: Python): boolean {
  const [major = 0, minor = 0] = python.version.split('.').map(Number)
  return python.implementation === 'CPython' && major === MINIMUM[0] && minor >= MINIMUM[1]
}

function verdict(python: Python | string): string {
  if (typeof python === 'string') return python
  return `${python.implementation} ${python.version}${python.hasVenv ? '' : ', without venv and ensurepip'}`
}

function venvMissing(python: Python, evidence: readonly string[]): ExternalError {
  const [major, minor] = python.version.split('.')
  return new ExternalError(
    'environment',
    `Python ${python.version} cannot make virtual environments: venv or ensurepip is missing`,
    {
      evidence,
      fix: `on Debian or Ubuntu: sudo apt-get install python${major}.${minor}-venv`,
    },
  )
}
