import { mkdir, readFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { ExternalError } from '../core/errors.ts'
import { writeAtomic } from '../files/atomic.ts'
import { hashText } from '../files/hash.ts'
import type { HarnessEvent } from './events.ts'
import { limitsOf } from './limits.ts'
import { runTrusted, trustedFailure } from './run-process.ts'
import type { Python } from './run-process.ts'
import type { Machine } from './tools.ts'

const MEASURE_SECONDS = 180
/** Load per core over the last minute up to which a measurement is kept for later starts: beside busy neighbours it is only true today. */
const QUIET_LOAD = 0.6

const machineSchema = z.object({
  device: z.string(),
  threads: z.number().int().positive(),
  dtype: z.enum(['float32', 'bfloat16', 'float16']),
  channelsLast: z.boolean(),
  referenceSpeed: z.number().positive(),
  rates: z.array(z.object({ threads: z.number(), dtype: z.string(), channelsLast: z.boolean(), imagesPerSecond: z.number() })),
})

export type MeasuredMachine = Machine & Pick<z.infer<typeof machineSchema>, 'rates'>

/** Threads, precision and memory layout that train fastest here: measured once per processor, torch version and core count, on a quiet machine. */
export async function measureMachine(
  tools: Python,
  torchVersion: string,
  cache: string,
  signal: AbortSignal,
): Promise<MeasuredMachine> {
  const key = hashText(JSON.stringify([cpus()[0]?.model, torchVersion, tools.threads])).slice(0, 16)
  const path = join(cache, 'machine', `${key}.json`)
  const known = machineSchema.safeParse(parseOrNull(await readFile(path, 'utf8').catch(() => 'null')))
  if (known.success) return known.data
  const isQuiet = (loadavg()[0] ?? 0) <= QUIET_LOAD * tools.threads
  const measured = machineSchema.parse(await measure(tools, signal))
  if (!isQuiet) return measured
  await mkdir(join(cache, 'machine'), { recursive: true })
  await writeAtomic(path, JSON.stringify(measured))
  return measured
}

async function measure(tools: Python, signal: AbortSignal): Promise<unknown> {
  let last: HarnessEvent<'machine'> | undefined
  const job = { device: 'cpu', threads: tools.threads }
  const call = { mode: 'machine' as const, job, mounts: [], limits: limitsOf('machine', MEASURE_SECONDS), signal }
  const { end, logTail } = await runTrusted(tools, call, (event) => {
    last = event
  })
  if (last?.type === 'machine.measured') return last
  if (last?.type === 'failed')
    throw new ExternalError('environment', `measuring the machine failed: ${last.message}`, { fix: 'improve doctor' })
  throw trustedFailure('measuring the machine', end, logTail)
}

/** A torn or foreign file is measured over. */
function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
