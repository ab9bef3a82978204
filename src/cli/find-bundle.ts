import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { nearestName } from '../core/names.ts'

/** Where runs lie unless the user said otherwise. */
const RUNS = 'improve-runs'

/** The folder with the classifier that the user means: that folder itself, the one of a run, or a run by its name. */
export function findBundle(given: string, cwd: string): string {
  const places = [resolve(cwd, given), join(cwd, RUNS, given)]
  const folder = places.find((place) => statSync(place, { throwIfNoEntry: false })?.isDirectory())
  if (folder === undefined) throw missing(given, places[0] ?? given, cwd)
  const found = [folder, join(folder, 'best')].find((place) => existsSync(join(place, 'bundle.json')))
  if (found !== undefined) return found
  throw new UsageError(`${given} holds no classifier`, {
    evidence: [`looked for  ${join(folder, 'bundle.json')}`, `looked for  ${join(folder, 'best', 'bundle.json')}`],
    fix: 'give the folder of a finished run or try, or its folder best',
  })
}

/** The shortest word that `findBundle` takes for a run folder. */
export function nameForBundle(folder: string, cwd: string): string {
  const path = relative(cwd, folder) || '.'
  return dirname(path) === RUNS ? basename(path) : path
}

function missing(given: string, path: string, cwd: string): UsageError {
  const isFile = statSync(path, { throwIfNoEntry: false }) !== undefined
  const runs = existsSync(join(cwd, RUNS)) ? readdirSync(join(cwd, RUNS)) : []
  const near = nearestName(given.replace(/^.*\//, ''), runs)
  return new UsageError(isFile ? `${given} is a file, not a folder with a classifier` : `there is no run or folder ${given}`, {
    evidence: [`looked for  ${path}`],
    fix:
      near === null
        ? 'improve predict <run> <pictures>: name the run first, then the pictures'
        : `did you mean ${join(RUNS, near)}?`,
  })
}
