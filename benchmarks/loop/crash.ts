import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { makeLocalEvaluator, Spares } from '../../src/harness/index.ts'
import { modelSource } from '../../tests/support/broken-sources.ts'
import type { Staged } from './stage.ts'

/** Wall seconds of an evaluation that fails, and the part of them until the process was ready. */
export type Crash = { readonly wallSeconds: number; readonly startSeconds: number; readonly message: string }

/** Evaluates a pipeline whose net raises in its forward pass, as the loop does, a few times. Throws when it does not fail in the smoke run. */
export async function measureCrashes(staged: Staged, repeats: number, signal: AbortSignal): Promise<Crash[]> {
  const { dataset, tiny } = staged
  const runFolder = await mkdtemp(join(staged.scratch, 'crashed-'))
  const spares = new Spares()
  const tools = { ...staged.tools, spares }
  const local = {
    dataset,
    tools,
    runFolder,
    runSeed: 0,
    trainSeconds: 10,
    metric: 'accuracy' as const,
    refitTimes: 1,
    onProgress() {},
  }
  const pipeline = { ...tiny, model: modelSource({ before: 'raise RuntimeError("the shapes do not fit")' }) }
  const evaluator = makeLocalEvaluator(local)
  const crashes: Crash[] = []
  try {
    for (let trial = 0; trial < repeats; trial++) {
      const startedAt = performance.now()
      const { outcome } = await evaluator.evaluate({ trial, repeat: 0, seed: trial, base: null, pipeline }, signal)
      const wallSeconds = (performance.now() - startedAt) / 1000
      if (outcome.status !== 'failed' || outcome.stage !== 'smoke' || outcome.kind !== 'exception')
        throw new Error(`a net that raises came to ${JSON.stringify(outcome)}`)
      crashes.push({ wallSeconds, startSeconds: outcome.seconds.start, message: outcome.message })
    }
  } finally {
    await spares.close()
  }
  return crashes
}
