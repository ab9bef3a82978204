import type { Stats } from 'node:fs'
import { readFile, readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { nearestName, printable } from '../core/names.ts'
import { runFolder } from './run-folder.ts'
import type { RunFolder } from './run-folder.ts'

export type FoundRun = { readonly name: string; readonly folder: string; readonly createdAt: string }

/** The run folders in `parent`, newest first; none when there is no such folder. */
export async function findRuns(parent: string): Promise<FoundRun[]> {
  const names = await namesIn(parent)
  const found = await Promise.all(names.map((name) => inspect(parent, name)))
  return found
    .filter((run) => run !== null)
    .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt) || b.name.localeCompare(a.name))
}

/** A folder is a run when it holds a journal. Its age is that of `run.json`, which is written once. */
async function inspect(parent: string, name: string): Promise<FoundRun | null> {
  const { folder, journal, spec } = runFolder(join(parent, name))
  const facts = await statOrNull(journal)
  if (facts === null || !facts.isFile()) return null
  const made = (await statOrNull(spec)) ?? facts
  return { name, folder, createdAt: (await createdAtOf(spec)) ?? made.mtime.toISOString() }
}

/** Null when there is no readable spec, as in a folder that was made just now. */
async function createdAtOf(spec: string): Promise<string | null> {
  try {
    const value: unknown = JSON.parse(await readFile(spec, 'utf8'))
    return typeof value === 'object' && value !== null && 'createdAt' in value ? String(value.createdAt) : null
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return null
    throw error
  }
}

/** The run that a person means: a path, the name of a folder in `parent`, or as much of the name as only one run has. */
export async function openRun(nameOrPath: string, parent: string, cwd = process.cwd()): Promise<RunFolder> {
  const direct = runFolder(resolve(cwd, nameOrPath))
  if ((await statOrNull(direct.journal)) !== null) return direct
  const runs = await findRuns(parent)
  const [only, ...others] = fitting(nameOrPath, runs)
  if (only === undefined) throw noSuchRun(nameOrPath, parent, runs)
  if (others.length > 0) throw severalRuns(nameOrPath, [only, ...others])
  return runFolder(only.folder)
}

/** Runs that are called so; else those whose name begins so; else those whose name holds it. */
function fitting(wanted: string, runs: readonly FoundRun[]): FoundRun[] {
  const tests = [
    (name: string) => name === wanted,
    (name: string) => name.startsWith(wanted),
    (name: string) => name.includes(wanted),
  ]
  const found = tests.map((fits) => runs.filter(({ name }) => fits(name)))
  return wanted === '' ? [] : (found.find((some) => some.length > 0) ?? [])
}

const NAMES_SHOWN = 3

function noSuchRun(name: string, parent: string, runs: readonly FoundRun[]): UsageError {
  const names = runs.map((run) => run.name)
  const nearest = nearestName(name, names)
  return new UsageError(`there is no run ${printable(name)}`, {
    evidence: [`looked in  ${parent}`, `found      ${names.length === 0 ? 'no run' : shorten(names)}`],
    fix: nearest === null ? 'name a run of improve list, or another folder with --out' : `did you mean ${nearest}?`,
  })
}

function severalRuns(name: string, runs: readonly FoundRun[]): UsageError {
  return new UsageError(`${runs.length} runs fit ${printable(name)}`, {
    evidence: [shorten(runs.map((run) => run.name))],
    fix: 'write more of the name',
  })
}

function shorten(names: readonly string[]): string {
  const hidden = names.length - NAMES_SHOWN
  return `${names.slice(0, NAMES_SHOWN).join(', ')}${hidden > 0 ? ` and ${hidden} more` : ''}`
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
