import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ExternalError } from '../../src/core/errors.ts'
import { pythonEnvironment } from '../../src/harness/environment.ts'

const PROGRAM = join(import.meta.dirname, 'measure.py')
export const HARNESS = join(import.meta.dirname, '..', '..', 'harness')

export type ProgramName = 'draw_images' | 'loading' | 'dtype_layout' | 'data_share'

/** How the measuring programs are started: interpreter, threads as the harness would set them, a folder for their jobs. */
export type Bench = {
  readonly python: string
  readonly threads: number
  readonly scratch: string
  readonly signal: AbortSignal
}

/** Runs one measuring program in an environment like that of the harness; returns what it printed, unchecked. */
export async function measure(name: ProgramName, job: object, bench: Bench): Promise<unknown> {
  const { python, threads, scratch, signal } = bench
  const jobPath = join(scratch, `${name}.json`)
  await writeFile(jobPath, JSON.stringify({ ...job, harness: HARNESS }))
  const child = spawn(python, ['-s', '-P', PROGRAM, name, jobPath], {
    env: pythonEnvironment(threads),
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  })
  const out = collect(child.stdout)
  const log = collect(child.stderr)
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  signal.throwIfAborted()
  if (exitCode === 0) return JSON.parse(out.text())
  throw new ExternalError('environment', `the measuring program ${name} ended with exit code ${exitCode}`, {
    evidence: log.text().trimEnd().split('\n').slice(-8),
  })
}

function collect(stream: NodeJS.ReadableStream): { text: () => string } {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return { text: () => Buffer.concat(chunks).toString('utf8') }
}
