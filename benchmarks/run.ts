import { parseArgs } from 'node:util'
import { ImproveError, UsageError } from '../src/core/errors.ts'
import { goalLine } from './goal.ts'
import { runHarnessSuite } from './harness/suite.ts'
import { runLoopSuite } from './loop/suite.ts'
import { busyWarning, loadAverages, readMachineFacts } from './machine-facts.ts'
import { writeResult } from './result.ts'
import type { Measured, Result } from './result.ts'

type Suite = (onNote: (line: string) => void, signal: AbortSignal) => Promise<Measured>

const SUITES: Readonly<Record<string, Suite>> = { harness: runHarnessSuite, loop: runLoopSuite }

/** `npm run bench -- [suite…] [--json]`: measures each suite, prints one line a goal, exits 1 when one falls short. */
async function main(args: readonly string[]): Promise<number> {
  const { names, json } = parse(args)
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => controller.abort())
  try {
    let isMet = true
    for (const name of names) {
      const { result, path } = await runSuite(name, controller.signal)
      print(result, path, json)
      isMet &&= result.goals.every((goal) => goal.isMet)
    }
    return isMet ? 0 : 1
  } catch (error) {
    if (controller.signal.aborted) return 130
    throw error
  }
}

function parse(args: readonly string[]): { names: string[]; json: boolean } {
  const known = `known suites: ${Object.keys(SUITES).join(', ')}`
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: { json: { type: 'boolean' } } })
    const unknown = positionals.filter((name) => !Object.hasOwn(SUITES, name))
    if (unknown.length > 0) throw new UsageError(`no suite "${unknown.join('", "')}"`, { evidence: [known] })
    return { names: positionals.length > 0 ? positionals : Object.keys(SUITES), json: values.json === true }
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof TypeError)) throw error
    throw new UsageError(error.message.split('.')[0] ?? error.message, { fix: 'npm run bench -- [suite…] [--json]', cause: error })
  }
}

async function runSuite(name: string, signal: AbortSignal): Promise<{ result: Result; path: string }> {
  const facts = await readMachineFacts()
  const loadBefore = loadAverages()
  const warning = busyWarning(loadBefore[0] ?? 0, facts.coreCount)
  if (warning !== null) console.error(warning)
  const startedAt = new Date()
  const suite = SUITES[name]
  if (suite === undefined) throw new Error(`the suite ${name} is gone`)
  const measured = await suite((line) => console.error(line), signal)
  const result: Result = {
    version: 1,
    suite: name,
    startedAt: startedAt.toISOString(),
    seconds: Number(((Date.now() - startedAt.getTime()) / 1000).toFixed(1)),
    machine: { ...facts, loadBefore, loadAfter: loadAverages() },
    warnings: warning === null ? [] : [warning],
    ...measured,
  }
  return { result, path: await writeResult(result) }
}

function print(result: Result, path: string, json: boolean): void {
  if (json) {
    console.log(JSON.stringify(result))
    console.error(`written to ${path}`)
    return
  }
  for (const goal of result.goals) console.log(goalLine(goal))
  for (const { name, median, unit, repeats } of result.figures)
    console.log(`${name}: ${median.toFixed(2)} ${unit} (for information; median of ${repeats.length})`)
  for (const line of result.warnings) console.log(line)
  const met = result.goals.filter((goal) => goal.isMet).length
  console.log(`${result.suite}: ${met} of ${result.goals.length} goals met; ${path}`)
}

function explain(error: ImproveError): number {
  const fix = error.fix === undefined ? [] : [`fix: ${error.fix}`]
  console.error([`error: ${error.message}`, ...error.evidence.map((line) => `  ${line}`), ...fix].join('\n'))
  return error instanceof UsageError ? 2 : 1
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof ImproveError)) throw error
  process.exitCode = explain(error)
}
