import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Outcome } from '../../src/core/outcome.ts'
import type { Pipeline } from '../../src/core/pipeline.ts'
import { ensurePythonEnvironment, evaluate, prepareDataset } from '../../src/harness/index.ts'
import { sandboxHere } from './needs-sandbox.ts'
import { readWrittenPipeline } from './written-pipeline.ts'
import type { Tools } from '../../src/harness/index.ts'
import type { StagedDataset } from '../../src/dataset/index.ts'
import type { Limits, Sandbox } from '../../src/sandbox/sandbox.ts'

/** Pixels of the side; small, so that a step takes milliseconds. */
export const SIDE = 12
const PER_CLASS = { train: 48, val: 24, test: 8 }
/** In the environment of every process that the bench starts, so that one that outlives its trial is found. */
const MARKER = `improve-bench-${process.pid}-${Date.now()}`
const RUNNING_AT_ONCE = 2

export type Conditions = {
  /** Tighter limits than a user's run has, so that a case need not use gigabytes. */
  readonly limits?: Partial<Limits>
  readonly smokeSeconds?: number
  readonly trainSeconds?: number
}

/** The real harness in the real sandbox on a small staged dataset, with everything it may touch under watch. */
export type Bench = {
  /** Host folder with the source images, the cache of staged datasets and `canary.txt`: nothing may change in it. */
  readonly watched: string
  readonly canary: string
  /** Trains the tiny pipeline with some of its files replaced; at most two at a time. */
  readonly evaluate: (replaced: Partial<Pipeline>, conditions?: Conditions) => Promise<Outcome>
  /** Names of the temporary folders that the harness left. */
  readonly leftFolders: () => Promise<string[]>
  readonly close: () => Promise<void>
}

export async function makeBench(): Promise<Bench> {
  const root = await mkdtemp(join(tmpdir(), 'improve-bench-'))
  const folders = { watched: join(root, 'watched'), temporary: join(root, 'tmp'), runs: join(root, 'runs') }
  for (const folder of Object.values(folders)) await mkdir(folder)
  const usual = process.env['TMPDIR']
  process.env['TMPDIR'] = folders.temporary
  const tools = await makeTools()
  const dataset = await stage(folders.watched, tools)
  const canary = join(folders.watched, 'canary.txt')
  await writeFile(canary, 'sings\n')
  const tiny = await readWrittenPipeline('tiny', [SIDE, SIDE])
  const queue = new Queue(RUNNING_AT_ONCE)
  return {
    watched: folders.watched,
    canary,
    evaluate: (replaced, conditions = {}) =>
      queue.run(async () => {
        const folder = await mkdtemp(join(folders.runs, 'run-'))
        const request = {
          dataset,
          pipeline: { ...tiny, ...replaced },
          seed: 1,
          trainSeconds: conditions.trainSeconds ?? 0.5,
          metric: 'accuracy' as const,
          folder,
          onProgress: () => {},
        }
        return evaluate(request, { ...tools, ...limitsOf(conditions) }, new AbortController().signal)
      }),
    leftFolders: () => readdir(folders.temporary),
    close: async () => {
      if (usual === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = usual
      await rm(root, { recursive: true, force: true })
    },
  }
}

async function makeTools(): Promise<Tools> {
  const { python } = await ensurePythonEnvironment({ onProgress: () => {}, signal: new AbortController().signal })
  if (sandboxHere === null) throw new Error('tests with the bench belong behind skipIf(noSandbox)')
  const machine = { device: 'cpu', threads: 1, dtype: 'float32', channelsLast: false, referenceSpeed: 1000 } as const
  return { sandbox: marked(sandboxHere), python, threads: 1, machine }
}

function marked(sandbox: Sandbox): Sandbox {
  const start: Sandbox['start'] = (command, signal) =>
    sandbox.start({ ...command, env: { ...command.env, IMPROVE_BENCH: MARKER } }, signal)
  return { ...sandbox, start }
}

/** Without keys that are undefined: those would replace the usual values. */
function limitsOf({ limits, smokeSeconds }: Conditions): Pick<Tools, 'limits' | 'smokeSeconds'> {
  return { ...(limits && { limits }), ...(smokeSeconds && { smokeSeconds }) }
}

/** Pictures that are light at the top or at the bottom, so that a mirrored view keeps its class. */
async function stage(watched: string, tools: Tools): Promise<StagedDataset> {
  const source = join(watched, 'source')
  for (const [split, count] of Object.entries(PER_CLASS)) {
    for (const [number, name] of ['bottom', 'top'].entries()) {
      const folder = join(source, split, name)
      await mkdir(folder, { recursive: true })
      for (let index = 0; index < count; index++)
        await writeFile(join(folder, `${index}.pgm`), picture(number, `${split} ${index}`))
    }
  }
  const signal = new AbortController().signal
  const cache = join(watched, 'cache')
  return prepareDataset({ source, groups: null, cache, onProgress: () => {}, onNote: () => {}, signal }, tools)
}

function picture(label: number, seed: string): Buffer {
  const noise = Buffer.concat(
    [...Array(5).keys()].map((index) => createHash('sha256').update(`${label} ${seed} ${index}`).digest()),
  )
  const pixels = Buffer.from(noise.subarray(0, SIDE * SIDE).map((value) => value % 40))
  // Contrast differs from picture to picture, so that the statistics of a batch depend on who is in it.
  const light = 40 + ((noise.at(-1) ?? 0) % 116)
  const half = pixels.length / 2
  for (let index = 0; index < half; index++) pixels[label === 1 ? index : index + half]! += light
  return Buffer.concat([Buffer.from(`P5 ${SIDE} ${SIDE} 255\n`), pixels])
}

/** Runs a few tasks at a time, in the order in which they come. */
class Queue {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(width: number) {
    this.#free = width
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free += 1
    }
  }
}

/** Path, mode and content of everything below a folder, as one hash. */
export async function digest(folder: string): Promise<string> {
  const hash = createHash('sha256')
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.map((entry) => ({ path: join(entry.parentPath, entry.name), isFile: entry.isFile() }))
  for (const { path, isFile } of paths.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    hash.update(`${path} ${isFile}\0`)
    if (isFile) hash.update(await readFile(path))
  }
  return hash.digest('hex')
}

/** Processes that the bench started and that still run, whoever their parent is by now. */
export function leftProcesses(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(MARKER))
    .map((pid) => `${pid} ${readOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`)
}

function environmentOf(pid: string): string {
  return readOrEmpty(`/proc/${pid}/environ`)
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
