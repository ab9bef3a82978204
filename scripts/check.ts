import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePythonEnvironment } from '../src/harness/python-environment.ts'
import { countResults, sum, summaryLine, type Counts, type ReportFormat } from './count-results.ts'

const ROOT = join(import.meta.dirname, '..')
const BIN = join(ROOT, 'node_modules', '.bin')
const HARNESS = join(ROOT, 'harness')
const SOURCES = ['src', 'tests', 'scripts', 'bin', 'benchmarks', 'proof', 'vitest.config.ts']

type Runner = {
  readonly name: string
  readonly command: readonly string[]
  readonly folder: string
  readonly report?: { readonly format: ReportFormat; readonly path: string }
}

/**
 * Runs the checks one after another, each with its output live, and ends with the sum over all of them.
 * `fast`: format, lint, types, unit tests. `all`: also Python and end-to-end tests. Exit code 1 when anything failed.
 */
async function main(extent: string | undefined): Promise<number> {
  if (extent !== 'fast' && extent !== 'all') throw new Error('say fast or all')
  const signal = new AbortController().signal
  const { python } = await ensurePythonEnvironment({ dev: true, onProgress: (line) => console.error(line), signal })
  const reports = await mkdtemp(join(tmpdir(), 'improve-reports-'))
  try {
    const runners = [...fastRunners(python, reports), ...(extent === 'all' ? slowRunners(python, reports) : [])]
    return await runAll(runners)
  } finally {
    await rm(reports, { recursive: true, force: true })
  }
}

function fastRunners(python: string, reports: string): Runner[] {
  return [
    tool('format', [join(BIN, 'oxfmt'), '--check', '--no-error-on-unmatched-pattern', ...SOURCES]),
    tool('lint', [join(BIN, 'oxlint'), '--type-aware', '--deny-warnings']),
    tool('types', [join(BIN, 'tsc'), '--noEmit']),
    tool('Python lint', [python, '-m', 'ruff', 'check'], HARNESS),
    tool('Python format', [python, '-m', 'ruff', 'format', '--check'], HARNESS),
    tool('Python types', [python, '-m', 'mypy'], HARNESS),
    vitest('unit', reports),
  ]
}

function slowRunners(python: string, reports: string): Runner[] {
  const path = join(reports, 'pytest.xml')
  return [
    {
      name: 'Python tests',
      command: [python, '-m', 'pytest', `--junitxml=${path}`],
      folder: HARNESS,
      report: { format: 'junit', path },
    },
    vitest('e2e', reports),
  ]
}

function tool(name: string, command: readonly string[], folder = ROOT): Runner {
  return { name, command, folder }
}

function vitest(project: string, reports: string): Runner {
  const path = join(reports, `${project}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${path}`]
  return {
    name: `${project} tests`,
    command: [join(BIN, 'vitest'), 'run', '--project', project, ...reporters],
    folder: ROOT,
    report: { format: 'vitest', path },
  }
}

async function runAll(runners: readonly Runner[]): Promise<number> {
  const results: { line: string; counts: Counts }[] = []
  for (const runner of runners) {
    console.log(`\n── ${runner.name}`)
    const startedAt = performance.now()
    const exitCode = await runInForeground(runner)
    const counts = countResults(exitCode, runner.report?.format ?? null, await readReport(runner))
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    results.push({ line: `${runner.name.padEnd(14)} ${summaryLine(counts)}, ${seconds} s`, counts })
  }
  const total = sum(results.map((result) => result.counts))
  console.log(['', ...results.map((result) => result.line), summaryLine(total)].join('\n'))
  return total.failed === 0 ? 0 : 1
}

/** Null when the runner was killed or could not be started. */
function runInForeground({ command: [program = '', ...args], folder }: Runner): Promise<number | null> {
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] })
  const stop = () => {
    child.kill()
    process.exit(130)
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, stop)
  return new Promise<number | null>((resolve) => {
    child.on('close', resolve)
    child.on('error', (error) => {
      console.error(`error: ${program} could not be started: ${error.message}`)
      resolve(null)
    })
  }).finally(() => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, stop)
  })
}

/** Null when the runner wrote none. */
async function readReport({ report }: Runner): Promise<string | null> {
  if (!report) return null
  return readFile(report.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
}

process.exitCode = await main(process.argv[2])
