import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ExternalError } from '../core/errors.ts'
import { hashText, writeAtomic } from '../files/index.ts'
import type { Python } from './find-python.ts'
import { countPins, makePipReader } from './pip-progress.ts'
import { runLogged } from './run-logged.ts'

const PIP_INSTALL = ['install', '--no-input', '--progress-bar', 'off', '--disable-pip-version-check']
const HEARTBEAT_MILLISECONDS = 15_000

/** Runs pip, and ends at once when the parent has gone: two pips must never write into one environment. */
const PIP = `import os, runpy, sys, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
runpy.run_module("pip", run_name="__main__", alter_sys=True)`

/** Imports what training needs, so that a hole in the pins is found here and not in a trial. */
const VERIFY = `import json, sys
sys.path.insert(0, sys.argv[1])
from improve_harness.torchvision_shim import import_torchvision
import_torchvision()
import timm, torch
print(json.dumps({"torchVersion": torch.__version__, "basePrefix": sys.base_prefix}))`

/** What one call works on: everything that is known before anything is installed. */
export type Plan = {
  readonly base: Python
  readonly folder: string
  readonly python: string
  readonly logFile: string
  readonly harness: string
  readonly lock: string
  readonly devLock: string
  readonly env: NodeJS.ProcessEnv
}

/** What is told and how the work is stopped. */
export type Reporting = { readonly onProgress: (line: string) => void; readonly signal: AbortSignal }

const stampSchema = z.object({ torchVersion: z.string(), basePrefix: z.string() })
export type Stamp = z.infer<typeof stampSchema>

/** The facts of a finished environment whose interpreter still exists; null when something is to be done. */
export async function readStamps(plan: Plan, dev: boolean): Promise<Stamp | null> {
  const stamp = parseStamp((await readOrNull(join(plan.folder, '.complete'))) ?? '')
  if (stamp === null || !(await exists(plan.python))) return null
  if (dev && (await readOrNull(join(plan.folder, '.complete-dev'))) !== hashText(plan.devLock)) return null
  return stamp
}

/** Installs what is missing. Only one process at a time may do so: the caller holds the lock. */
export async function install(plan: Plan, dev: boolean, reporting: Reporting): Promise<Stamp> {
  await writeFile(plan.logFile, '')
  await makeVenv(plan, reporting)
  const stamp = (await readStamps(plan, false)) ?? (await installRuntime(plan, reporting))
  if (dev) await installDev(plan, reporting)
  return stamp
}

/** Keeps a virtual environment whose pip runs, so that an interrupted installation goes on; else starts from nothing. */
async function makeVenv(plan: Plan, { onProgress, signal }: Reporting): Promise<void> {
  if ((await exists(plan.python)) && (await hasPip(plan, signal))) return
  onProgress(`making a virtual environment with Python ${plan.base.version}`)
  await rm(plan.folder, { recursive: true, force: true })
  const run = await runLogged({ ...plan, program: plan.base.executable, args: ['-I', '-m', 'venv', plan.folder] }, () => {}, signal)
  if (run.exitCode !== 0) throw failure(plan, 'the Python environment could not be made', run.lastLines)
}

async function hasPip(plan: Plan, signal: AbortSignal): Promise<boolean> {
  const run = await runLogged({ ...plan, program: plan.python, args: ['-I', '-m', 'pip', '--version'] }, () => {}, signal)
  return run.exitCode === 0
}

async function installRuntime(plan: Plan, reporting: Reporting): Promise<Stamp> {
  const file = join(plan.harness, 'requirements.lock')
  const torch = plan.lock.split('\n').find((line) => line.startsWith('torch=='))
  if (torch === undefined) throw new Error(`${file} pins no torch`)
  await pip(
    plan,
    [
      ['--constraint', file, torch],
      ['--no-deps', '--requirement', file],
    ],
    countPins(plan.lock),
    reporting,
  )
  const stamp = await verify(plan, reporting)
  await writeAtomic(join(plan.folder, '.complete'), JSON.stringify(stamp))
  return stamp
}

async function installDev(plan: Plan, reporting: Reporting): Promise<void> {
  const file = join(plan.harness, 'requirements-dev.lock')
  await pip(plan, [['--no-deps', '--requirement', file]], countPins(plan.devLock), reporting)
  await writeAtomic(join(plan.folder, '.complete-dev'), hashText(plan.devLock))
}

/** Runs `pip install` once per list of arguments; repeats its last line now and then, so that a long download does not look dead. */
async function pip(plan: Plan, installs: readonly string[][], total: number, { onProgress, signal }: Reporting): Promise<void> {
  const startedAt = performance.now()
  let last = 'asking the package index'
  const read = makePipReader(total, (line) => onProgress((last = line)))
  const repeat = () => onProgress(`${last} … ${Math.round((performance.now() - startedAt) / 1000)} s`)
  const heartbeat = setInterval(repeat, HEARTBEAT_MILLISECONDS)
  try {
    for (const args of installs) {
      const run = await runLogged({ ...plan, program: plan.python, args: ['-I', '-c', PIP, ...PIP_INSTALL, ...args] }, read, signal)
      if (run.exitCode !== 0) throw failure(plan, 'pip could not install the Python packages', run.lastLines)
    }
  } finally {
    clearInterval(heartbeat)
  }
}

async function verify(plan: Plan, { onProgress, signal }: Reporting): Promise<Stamp> {
  onProgress('checking that torch, torchvision and timm can be imported')
  const run = await runLogged({ ...plan, program: plan.python, args: ['-I', '-c', VERIFY, plan.harness] }, () => {}, signal)
  const stamp = run.lastLines.map(parseStamp).findLast((parsed) => parsed !== null)
  if (run.exitCode !== 0 || !stamp) throw failure(plan, 'the installed Python packages cannot be imported', run.lastLines)
  return stamp
}

/** One sentence with the line that says why: pip's first error line (later ones are hints), else the last error, else the last line. */
function failure(plan: Plan, sentence: string, lastLines: readonly string[]): ExternalError {
  const ofPip = lastLines.find((line) => line.startsWith('ERROR: '))
  const said = ofPip ?? lastLines.findLast((line) => line.includes('Error:')) ?? lastLines.at(-1) ?? 'it printed nothing'
  const isFull = lastLines.some((line) => line.includes('No space left on device'))
  return new ExternalError(isFull ? 'disk' : 'environment', `${sentence}: ${said.trim()}`, {
    evidence: [`log  ${plan.logFile}`],
    fix: isFull
      ? 'make room (about 2 GB), or name a folder on another disk: export IMPROVE_CACHE=/some/absolute/folder'
      : 'check the network and the package index settings of pip, then the same command again: it goes on where it stopped',
  })
}

/** Null for anything that is not a stamp; the installation then runs again. */
function parseStamp(text: string): Stamp | null {
  try {
    return stampSchema.safeParse(JSON.parse(text)).data ?? null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

async function readOrNull(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return null
    throw error
  })
}

/** Follows links: the interpreter of a virtual environment is a link to one that may have been removed. */
async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (isMissing(error)) return false
      throw error
    },
  )
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
