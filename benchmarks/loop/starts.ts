import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { foldsOfEvaluation, partFacts } from '../../src/core/dataset.ts'
import type { NumberedFold } from '../../src/core/dataset.ts'
import { ExternalError } from '../../src/core/errors.ts'
import { evaluationFolder } from '../../src/core/run-layout.ts'
import { viewDataset } from '../../src/harness/data-view.ts'
import { evaluationLayout } from '../../src/harness/evaluation-folder.ts'
import { infoOf, makeLocalEvaluator, Spares } from '../../src/harness/index.ts'
import { limitsOf } from '../../src/harness/limits.ts'
import { chooseCheckRows } from '../../src/harness/predict.ts'
import { withChild } from '../../src/harness/run-process.ts'
import type { Call } from '../../src/harness/run-process.ts'
import type { Staged } from './stage.ts'

/** A guard against a hang: a start takes seconds. */
const START_LIMIT_SECONDS = 300
const TRAIN_SECONDS = 1

type Mode = 'train' | 'predict'
/** Seconds from the call to `process.ready`. */
export type Starts = Readonly<Record<Mode, { readonly cold: readonly number[]; readonly warm: readonly number[] }>>

/** Starts trainings and predictions in turns, each once in a process of its own and once in one that waits. */
export async function measureStarts(staged: Staged, repeats: number, signal: AbortSignal): Promise<Starts> {
  const folder = await trainOnce(staged, signal)
  const starts = { train: { cold: [] as number[], warm: [] as number[] }, predict: { cold: [] as number[], warm: [] as number[] } }
  for (let repeat = 0; repeat < repeats; repeat++) {
    const calls = [await trainCall(staged, folder, signal), await predictCall(staged, folder, signal)] as const
    for (const call of calls) starts[call.mode].cold.push(await secondsToReady(staged, call, undefined))
    const spares = new Spares()
    try {
      for (const call of calls) spares.prepare(staged.tools, call)
      await spares.allWarm()
      for (const call of calls) starts[call.mode].warm.push(await secondsToReady(staged, call, spares))
    } finally {
      await spares.close()
    }
  }
  return starts
}

/** Gives a folder with code and weights; returns its path. */
async function trainOnce(staged: Staged, signal: AbortSignal): Promise<string> {
  const runFolder = await mkdtemp(join(staged.scratch, 'trained-'))
  const { dataset, tools, tiny: pipeline } = staged
  const local = {
    dataset,
    tools,
    runFolder,
    runSeed: 0,
    trainSeconds: TRAIN_SECONDS,
    metric: 'accuracy' as const,
    refitTimes: 1,
    onProgress() {},
  }
  const { outcome } = await makeLocalEvaluator(local).evaluate({ trial: 0, repeat: 0, seed: 1, base: null, pipeline }, signal)
  if (outcome.status === 'failed') throw new ExternalError('environment', `nothing could be trained: ${outcome.message}`)
  return join(runFolder, evaluationFolder(0, 0))
}

async function trainCall(staged: Staged, folder: string, signal: AbortSignal): Promise<Call<'train'>> {
  const { dataset } = staged
  const { train: parts, number } = firstFold(staged)
  const out = await mkdtemp(join(staged.scratch, 'out-'))
  const { mounts, path } = await viewDataset(dataset, { parts, labelled: true, devFold: number }, staged.tools.sandbox, '')
  const job = {
    ...(await commonJob(staged)),
    paths: { data: path, code: '/code', out: '/out' },
    parts: parts.map((name) => ({ name, count: partFacts(dataset.facts, name).count })),
    devRows: `${path}/dev.i32`,
    probes: false,
    steps: null,
    imagesPerSecond: null,
  }
  const own = [
    { host: evaluationLayout.code(folder), guest: '/code' },
    { host: out, guest: '/out', writable: true },
  ]
  return { mode: 'train', job, mounts: [...mounts, ...own], limits: limitsOf('train', START_LIMIT_SECONDS), signal }
}

async function predictCall(staged: Staged, folder: string, signal: AbortSignal): Promise<Call<'predict'>> {
  const { dataset } = staged
  const { val: name } = firstFold(staged)
  const { count } = partFacts(dataset.facts, name)
  const out = await mkdtemp(join(staged.scratch, 'out-'))
  const { mounts, path } = await viewDataset(dataset, { parts: [name], labelled: false, devFold: null }, staged.tools.sandbox, '')
  const weights = '/weights/weights.safetensors'
  const job = {
    ...(await commonJob(staged)),
    paths: { data: path, code: '/code', out: '/out', weights },
    part: { name, count },
    checkRows: chooseCheckRows(count, 1),
  }
  const own = [
    { host: evaluationLayout.code(folder), guest: '/code' },
    { host: evaluationLayout.weights(folder, 'fold0'), guest: weights },
    { host: out, guest: '/out', writable: true },
  ]
  return { mode: 'predict', job, mounts: [...mounts, ...own], limits: limitsOf('predict', START_LIMIT_SECONDS), signal }
}

async function commonJob(staged: Staged): Promise<object> {
  const { machine } = staged.tools
  const { train, number } = firstFold(staged)
  const info = await infoOf(staged.dataset, train, number, TRAIN_SECONDS, machine)
  return { info, machine, seed: 1, deadlineSeconds: START_LIMIT_SECONDS }
}

function firstFold({ dataset }: Staged): NumberedFold {
  const [fold] = foldsOfEvaluation(dataset.facts)
  if (fold === undefined) throw new Error('a dataset without folds')
  return fold
}

async function secondsToReady<M extends Mode>(staged: Staged, call: Call<M>, spares: Spares | undefined): Promise<number> {
  const startedAt = performance.now()
  return withChild({ ...staged.tools, spares }, call, async (child) => {
    for await (const event of child.events) {
      if (event.type === 'process.ready') return (performance.now() - startedAt) / 1000
      if (event.type === 'failed') throw new ExternalError('environment', `a start was not measured: ${event.message}`)
    }
    throw new ExternalError('environment', 'a process ended before it was ready', { evidence: [child.logTail()] })
  })
}
