import { mkdir, readdir, stat, statfs } from 'node:fs/promises'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { join } from 'node:path'
import { ImproveError } from '../core/errors.ts'
import { formatBytes, formatCount, plural, row } from '../core/format.ts'
import { cacheFolder } from '../files/cache-folder.ts'
import { ensurePythonEnvironment, measureMachine, memoryLimit } from '../harness/index.ts'
import { findSandbox, makePlainSandbox, runProbes } from '../sandbox/index.ts'
import { checkModel } from './check-model.ts'
import type { Context } from './context.ts'

/** One line of the report. Without `needed` a failed check is a warning. */
export type Check = {
  readonly name: string
  readonly status: 'ok' | 'warning' | 'missing'
  readonly detail: string
  readonly fix?: string
}

const NEEDED_NODE = [22, 19] as const
const LOW_MEMORY_BYTES = 4e9
const LOW_DISK_BYTES = 5e9

export type DoctorOptions = {
  readonly json: boolean
  /** A language model to ask, as "openai:MODEL". */
  readonly llm?: string | undefined
  readonly baseUrl?: string | undefined
}

/** Checks this machine live; false when something is missing that every training needs. */
export async function runDoctor(context: Context, { json, llm, baseUrl }: DoctorOptions): Promise<boolean> {
  const machine = [checkNode(), checkMemory(), ...(await checkDisk()), ...(await checkPythonAndSandbox(context))]
  const model = llm === undefined ? [] : await checkModel(llm, baseUrl ?? null, context.signal)
  const checks: Check[] = [...machine, ...model]
  if (json) context.terminal.print(JSON.stringify({ ok: isHealthy(checks), checks }, null, 2))
  else for (const line of renderChecks(checks)) context.terminal.print(line)
  return isHealthy(checks)
}

export function renderChecks(checks: readonly Check[]): string[] {
  const lines = checks.flatMap(({ name, status, detail, fix }) => [
    row(name, status === 'ok' ? detail : `${status}: ${detail}`),
    ...(fix === undefined || status === 'ok' ? [] : [row('', `fix: ${fix}`)]),
  ])
  const missing = checks.filter((check) => check.status === 'missing').length
  return [
    ...lines,
    missing === 0 ? 'ready: improve try ./my-images' : `${missing} missing; mend the first one and run improve doctor again`,
  ]
}

function isHealthy(checks: readonly Check[]): boolean {
  return checks.every((check) => check.status !== 'missing')
}

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isNew = major > NEEDED_NODE[0] || (major === NEEDED_NODE[0] && minor >= NEEDED_NODE[1])
  return {
    name: 'node',
    status: isNew ? 'ok' : 'missing',
    detail: process.version,
    fix: `install Node ${NEEDED_NODE.join('.')} or newer`,
  }
}

function checkMemory(): Check {
  const detail = `${formatBytes(totalmem())}, ${formatBytes(freemem())} free; a training may use ${formatBytes(memoryLimit())}`
  const status = totalmem() < LOW_MEMORY_BYTES ? 'warning' : 'ok'
  return { name: 'memory', status, detail, fix: 'close other programs, or train on a machine with more memory' }
}

async function checkDisk(): Promise<Check[]> {
  const cache = cacheFolder()
  await mkdir(cache, { recursive: true })
  const { bavail, bsize } = await statfs(cache)
  const status = bavail * bsize < LOW_DISK_BYTES ? 'warning' : 'ok'
  const fix = 'free some space, or name another folder: export IMPROVE_CACHE=/some/absolute/folder'
  return [
    { name: 'disk', status, detail: `${formatBytes(bavail * bsize)} free`, fix },
    { name: 'cache', status: 'ok', detail: `${cache}: ${await cacheText(cache)}` },
  ]
}

async function cacheText(cache: string): Promise<string> {
  const folders = await readdir(cache)
  const sizes = await Promise.all(
    folders.toSorted().map(async (name) => `${name} ${formatBytes(await folderBytes(join(cache, name)))}`),
  )
  return sizes.join(', ') || 'empty'
}

async function folderBytes(folder: string): Promise<number> {
  let total = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue
    total += (await stat(join(entry.parentPath, entry.name)).catch(() => null))?.size ?? 0
  }
  return total
}

async function checkPythonAndSandbox(context: Context): Promise<Check[]> {
  const { terminal, signal } = context
  try {
    const { python, torchVersion } = await ensurePythonEnvironment({ onProgress: terminal.note, signal })
    const checks: Check[] = [{ name: 'python', status: 'ok', detail: python }]
    return [...checks, ...(await checkTorch(context, python, torchVersion)), ...(await checkSandbox(python))]
  } catch (error) {
    if (!(error instanceof ImproveError)) throw error
    return [{ name: 'python', status: 'missing', detail: error.message, ...(error.fix === undefined ? {} : { fix: error.fix }) }]
  }
}

async function checkTorch({ signal }: Context, python: string, torchVersion: string): Promise<Check[]> {
  const { sandbox } = await findSandbox()
  const tools = { sandbox: sandbox ?? makePlainSandbox(), python, threads: availableParallelism() }
  const machine = await measureMachine(tools, torchVersion, cacheFolder(), signal)
  const best = (dtype: string) =>
    Math.max(0, ...machine.rates.filter((rate) => rate.dtype === dtype).map((rate) => rate.imagesPerSecond))
  const ratio = (best('bfloat16') / best('float32')).toFixed(2)
  const layout = machine.channelsLast ? 'channels-last' : 'contiguous'
  const chosen = `${plural(machine.threads, 'thread')}, ${machine.dtype}, ${layout}: ${formatCount(machine.referenceSpeed)} images/s of the reference net`
  return [
    { name: 'torch', status: 'ok', detail: `${torchVersion}, device ${machine.device}` },
    { name: 'training', status: 'ok', detail: `${chosen}; bfloat16 is ${ratio} times float32` },
  ]
}

/** Without a sandbox the built-in pipelines still run, so that it is a warning; a probe that gets through is not. */
async function checkSandbox(python: string): Promise<Check[]> {
  const { sandbox, reason, fix } = await findSandbox()
  if (sandbox === null) return [{ name: 'sandbox', status: 'warning', detail: `none: ${reason}`, fix }]
  const probes = await runProbes(sandbox, python)
  return [
    { name: 'sandbox', status: 'ok', detail: `level ${sandbox.level}: ${sandbox.description}` },
    ...probes.map(({ name, passed, detail }): Check => ({
      name: '  probe',
      status: passed ? 'ok' : 'missing',
      detail: passed ? name : `${name}: ${detail}`,
      fix: 'do not run foreign code here; report this as a bug with the output of improve doctor --json',
    })),
  ]
}
