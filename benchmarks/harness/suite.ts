import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { median } from '../../src/core/statistics.ts'
import { judge, MIN_REPEATS } from '../goal.ts'
import type { JudgedGoal } from '../goal.ts'
import { readMachineFacts } from '../machine-facts.ts'
import type { Figure, Measured } from '../result.ts'
import { HARNESS, measure } from './measure.ts'
import { allImagesJob, IMAGE_COUNT, stage, TRAIN_SECONDS, trainJob } from './stage.ts'
import type { Staged } from './stage.ts'
import { measureStartUp } from './start-up.ts'
import type { StartUp } from './start-up.ts'

const TINY = join(HARNESS, 'tests', 'pipelines', 'tiny')
const LOADING_GAIN = 20
/** Promised where the processor has bfloat16 instructions; elsewhere the choice may only do no harm. */
const BFLOAT16_GAIN = 1.5
const NO_LOSS = 1
const DATA_SHARE = 0.05

const rate = z.number().positive()
const loadingSchema = z.object({
  imageCount: z.number(),
  batchSize: z.number(),
  imagesPerSecond: z.array(z.record(z.string(), rate)),
})
const dtypeSchema = z.object({ imagesPerSecond: z.array(z.object({ chosen: rate, plain: rate })) })
const shareSchema = z.object({
  stepCount: z.number(),
  repeats: z.array(
    z.object({
      dataSeconds: rate,
      stepSeconds: rate,
      imagesPerSecond: rate,
      batchSize: z.number(),
      parameterCount: z.number(),
    }),
  ),
})

type Part = { readonly goals: readonly JudgedGoal[]; readonly detail: unknown }

/** The fast path of the harness against what it replaces, measured side by side in one run. */
export async function runHarnessSuite(onNote: (line: string) => void, signal: AbortSignal): Promise<Measured> {
  const scratch = await mkdtemp(join(tmpdir(), 'improve-bench-'))
  try {
    const staged = await stage(scratch, onNote, signal)
    onNote('loading')
    const loading = await measureLoading(staged)
    onNote('precision and memory layout')
    const settings = await measureSettings(staged)
    onNote('share of data in a step')
    const share = await measureDataShare(staged)
    onNote('start-up')
    const starts = await measureStarts(staged, signal)
    const { machine } = staged.tools
    const setting = {
      imageCount: IMAGE_COUNT,
      meanFileBytes: staged.meanFileBytes,
      trainSeconds: TRAIN_SECONDS,
      sandbox: staged.sandbox,
    }
    return {
      torchVersion: staged.torchVersion,
      goals: [...loading.goals, ...settings.goals, ...share.goals],
      figures: startUpFigures(starts),
      details: { setting, machine, loading: loading.detail, settings: settings.detail, dataShare: share.detail, starts },
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function measureLoading(staged: Staged): Promise<Part> {
  const job = { ...(await allImagesJob(staged, TINY)), images: staged.images, repeats: MIN_REPEATS }
  const detail = loadingSchema.parse(await measure('loading', job, staged.bench))
  const goal = judge({
    name: 'cached loading',
    rival: 'torchvision ImageFolder and DataLoader, best of 0, 1, 2 workers, one epoch',
    unit: 'x',
    bound: 'at least',
    threshold: LOADING_GAIN,
    judgedBy: 'median',
    repeats: detail.imagesPerSecond.map(({ ours = Number.NaN, ...rivals }) => ours / Math.max(...Object.values(rivals))),
  })
  return { goals: [goal], detail }
}

async function measureSettings(staged: Staged): Promise<Part> {
  const { machine } = staged.tools
  const job = { machine, threads: staged.bench.threads, repeats: MIN_REPEATS }
  const detail = dtypeSchema.parse(await measure('dtype_layout', job, staged.bench))
  const { hasBfloat16 } = await readMachineFacts()
  const common = {
    rival: `float32 NCHW, threads as chosen: ${machine.threads}`,
    unit: 'x' as const,
    bound: 'at least' as const,
    repeats: detail.imagesPerSecond.map(({ chosen, plain }) => chosen / plain),
  }
  const name = `chosen precision and layout (${machine.dtype}, ${machine.channelsLast ? 'channels last' : 'NCHW'})`
  const gain = judge({ ...common, name, threshold: hasBfloat16 ? BFLOAT16_GAIN : NO_LOSS, judgedBy: 'median' })
  return { goals: [gain, judge({ ...common, name: 'the same, never slower', threshold: NO_LOSS, judgedBy: 'worst' })], detail }
}

async function measureDataShare(staged: Staged): Promise<Part> {
  const job = { ...(await trainJob(staged, TINY)), repeats: MIN_REPEATS }
  const detail = shareSchema.parse(await measure('data_share', job, staged.bench))
  const goal = judge({
    name: 'data share of a training step',
    rival: `the whole step, pipeline tiny at ${TRAIN_SECONDS} s`,
    unit: 'share',
    bound: 'at most',
    threshold: DATA_SHARE,
    judgedBy: 'median',
    repeats: detail.repeats.map(({ dataSeconds, stepSeconds }) => dataSeconds / stepSeconds),
  })
  return { goals: [goal], detail }
}

async function measureStarts(staged: Staged, signal: AbortSignal): Promise<StartUp[]> {
  const starts: StartUp[] = []
  while (starts.length < MIN_REPEATS) starts.push(await measureStartUp(staged, TINY, signal))
  return starts
}

function startUpFigures(starts: readonly StartUp[]): Figure[] {
  const figure = (name: string, repeats: readonly number[]) => ({ name, unit: 's', repeats, median: median(repeats) })
  return [
    figure(
      'start of a training to ready',
      starts.map((start) => start.readySeconds),
    ),
    figure(
      'start of a training to its first step',
      starts.map((start) => start.firstStepSeconds),
    ),
  ]
}
