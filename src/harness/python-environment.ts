import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ExternalError } from '../core/errors.ts'
import { cacheFolder, hashText, withLock } from '../files/index.ts'
import { findPython } from './find-python.ts'
import { install, readStamps, type Plan, type Reporting, type Stamp } from './python-install.ts'

const HARNESS = join(import.meta.dirname, '..', '..', 'harness')

export type PythonEnvironment = {
  /** The interpreter of the environment. */
  readonly python: string
  /** "2.13.0+cpu" */
  readonly torchVersion: string
  /** The folder of the environment: interpreter link and packages. */
  readonly folder: string
  /** Where the standard library lies; a sandbox has to show this folder too. */
  readonly basePrefix: string
}

export type EnvironmentOptions = Reporting & {
  /** Also install what tests and checks of the harness need. */
  readonly dev?: boolean
  readonly env?: NodeJS.ProcessEnv
  /** The folder with `requirements.lock`, `requirements-dev.lock` and `improve_harness`. */
  readonly harness?: string
}

/**
 * The Python environment of the harness: made at first use in the per-user cache, once per lock file and Python version, also when
 * several processes ask at the same time. An interrupted installation goes on; one whose interpreter has gone is built anew.
 */
export async function ensurePythonEnvironment(options: EnvironmentOptions): Promise<PythonEnvironment> {
  const plan = await makePlan(options)
  const dev = options.dev === true
  const ready = await readStamps(plan, dev)
  if (ready) return toEnvironment(plan, ready)
  await prepareFolders(plan)
  const onWait = (pid: number) => options.onProgress(`waiting for process ${pid}, which makes the same Python environment`)
  const stamp = await withLock(`${plan.folder}.lock`, { onWait, signal: options.signal }, async () => {
    return (await readStamps(plan, dev)) ?? install(plan, dev, options)
  })
  return toEnvironment(plan, stamp)
}

async function makePlan({ signal, env = process.env, harness = HARNESS }: EnvironmentOptions): Promise<Plan> {
  const base = await findPython(signal, env)
  const lock = await readFile(join(harness, 'requirements.lock'), 'utf8')
  const devLock = await readFile(join(harness, 'requirements-dev.lock'), 'utf8')
  const key = hashText([lock, base.implementation, base.version, base.machine].join('\n')).slice(0, 16)
  const folder = join(cacheFolder(env), 'python', key)
  return {
    base,
    folder,
    python: join(folder, 'bin', 'python'),
    logFile: `${folder}.log`,
    harness,
    lock,
    devLock,
    env: pipEnvironment(env),
  }
}

/** The user's own, proxies and index settings included, without what would install somewhere else. */
function pipEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !['PIP_TARGET', 'PIP_PREFIX', 'PIP_ROOT'].includes(name))
  return { ...Object.fromEntries(kept), PIP_USER: '0' }
}

async function prepareFolders(plan: Plan): Promise<void> {
  try {
    await mkdir(join(plan.folder, '..'), { recursive: true })
    await writeFile(plan.logFile, '', { flag: 'a' })
  } catch (error) {
    throw new ExternalError('disk', `cannot write to the cache folder ${join(plan.folder, '..')}: ${messageOf(error)}`, {
      fix: 'make room or name another folder: export IMPROVE_CACHE=/some/absolute/folder',
      cause: error,
    })
  }
}

function toEnvironment(plan: Plan, stamp: Stamp): PythonEnvironment {
  return { python: plan.python, folder: plan.folder, torchVersion: stamp.torchVersion, basePrefix: stamp.basePrefix }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
