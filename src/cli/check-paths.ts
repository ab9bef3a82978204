import { constants, existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { nearestName } from '../core/names.ts'
import { readFolder } from '../dataset/index.ts'
import type { Groups } from '../harness/index.ts'
import { isAlwaysVisible } from '../sandbox/index.ts'

/** The absolute path of a dataset, which must exist; a typo is answered with the nearest name. */
export function checkSource(dataset: string, cwd: string): string {
  const path = resolve(cwd, dataset)
  const facts = statSync(path, { throwIfNoEntry: false })
  if (facts === undefined) throw missingSource(dataset, path)
  if (facts.isDirectory() && readFolder(path).length === 0) {
    throw new UsageError(`the folder ${dataset} is empty`, { fix: 'put one folder of images per class into it' }, 'dataset')
  }
  return path
}

function missingSource(dataset: string, path: string): UsageError {
  const parent = dirname(path)
  if (!existsSync(parent))
    return new UsageError(
      `there is no folder ${dirname(dataset)}`,
      { evidence: [`looked for  ${path}`], fix: 'check the path' },
      'dataset',
    )
  const near = nearestName(basename(path), readdirSync(parent))
  return new UsageError(
    `there is no dataset ${dataset}`,
    {
      evidence: [`looked for  ${path}`],
      fix:
        near === null
          ? 'give a folder with one folder of images per class, or a zip of it'
          : `did you mean ${resolve(parent, near)}?`,
    },
    'dataset',
  )
}

/** `--groups` is a file when one of that name exists, else a regular expression over relative paths. */
export function parseGroups(text: string | undefined, cwd: string): Groups | null {
  if (text === undefined) return null
  const path = resolve(cwd, text)
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return { kind: 'file', path }
  if (/\.(csv|tsv|txt)$/i.test(text))
    throw new UsageError(`there is no groups file ${text}`, { evidence: [`looked for  ${path}`], fix: 'check the path' })
  return { kind: 'pattern', pattern: text }
}

/** Every sandbox shows the system's own folders: pictures kept there, with the labels in their paths, would be in reach of foreign code. */
export function checkOutOfReach(paths: readonly string[]): void {
  const shown = paths.filter((path) => existsSync(path)).find((path) => isAlwaysVisible(realpathSync(path)))
  if (shown === undefined) return
  throw new UsageError(`${shown} lies among the system's programs, which the code of a --pipeline can read`, {
    fix: 'keep images and IMPROVE_CACHE outside of /usr',
  })
}

/** Makes sure that results can be written before anything is trained. */
export async function checkWritable(folder: string): Promise<void> {
  try {
    await makeFolder(folder)
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new UsageError(`results cannot be written to ${folder} (${reason})`, {
      fix: 'go to a folder of yours, or name one with --out',
      cause: error,
    })
  }
}

/** Level by level: a recursive mkdir of Node never returns where the system answers "no such file", as /proc does. */
async function makeFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return
  if (dirname(folder) !== folder) await makeFolder(dirname(folder))
  await mkdir(folder)
}
