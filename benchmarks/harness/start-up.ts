import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { ExternalError } from '../../src/core/errors.ts'
import { viewDataset } from '../../src/harness/data-view.ts'
import { limitsOf } from '../../src/harness/limits.ts'
import { withChild } from '../../src/harness/run-process.ts'
import type { Child } from '../../src/harness/run-process.ts'
import type { Staged } from './stage.ts'

/** A guard against a hang: a start takes seconds. */
const START_LIMIT_SECONDS = 300

/** Seconds since the spawn. */
export type StartUp = { readonly readySeconds: number; readonly firstStepSeconds: number }

/** Starts a real training in the sandbox and times it to its first step, the look at 64 images after it included. */
export async function measureStartUp(staged: Staged, code: string, signal: AbortSignal): Promise<StartUp> {
  const { dataset, tools, info, trainParts } = staged
  const scratch = await mkdtemp(join(staged.scratch, 'start-'))
  const view = await viewDataset(dataset, { parts: trainParts, labelled: true, devFold: 0 }, tools.sandbox, scratch)
  const codeMount = { host: code, guest: '/code' }
  const out = { host: await mkdtemp(join(staged.scratch, 'out-')), guest: '/out', writable: true }
  const job = {
    paths: { data: view.path, code: tools.sandbox.pathOf(codeMount), out: tools.sandbox.pathOf(out) },
    info,
    machine: tools.machine,
    seed: 1,
    parts: trainParts.map((name) => ({ name })),
    devRows: `${view.path}/dev.i32`,
    steps: 1,
    imagesPerSecond: 1, // so slow that the look after the step is at the fewest images
  }
  const limits = limitsOf('train', START_LIMIT_SECONDS)
  const startedAt = performance.now()
  const call = { mode: 'train' as const, job, mounts: [...view.mounts, codeMount, out], limits, signal }
  return withChild(tools, call, (child) => follow(child, startedAt))
}

async function follow(child: Child<'train'>, startedAt: number): Promise<StartUp> {
  let readySeconds: number | undefined
  const since = () => (performance.now() - startedAt) / 1000
  for await (const event of child.events) {
    if (event.type === 'process.ready') readySeconds = since()
    if (event.type === 'train.progress' && readySeconds !== undefined) return { readySeconds, firstStepSeconds: since() }
    if (event.type === 'failed') throw new ExternalError('environment', `the start was not measured: ${event.message}`)
  }
  throw new ExternalError('environment', 'the training ended before its first step', { evidence: [child.logTail()] })
}
