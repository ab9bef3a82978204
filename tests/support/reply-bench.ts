import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Outcome } from '../../src/core/outcome.ts'
import type { Pipeline } from '../../src/core/pipeline.ts'
import type { StagedDataset } from '../../src/dataset/index.ts'
import { ensurePythonEnvironment, evaluate, prepareDataset } from '../../src/harness/index.ts'
import type { Tools } from '../../src/harness/index.ts'
import { findSandbox } from '../../src/sandbox/find-sandbox.ts'

const PER_CLASS = { train: 40, val: 12, test: 3 }

/** Pictures of two kinds that every reply has to cope with, and the machine they are trained on. */
const SETS = {
  grey: { classes: 10, channels: 1, side: () => 28, share: () => 1, dtype: 'float32', channelsLast: false },
  photos: {
    classes: 3,
    channels: 3,
    side: (draw: number) => 30 + (draw % 35),
    share: (label: number) => 1 / (label + 1),
    dtype: 'bfloat16',
    channelsLast: true,
  },
} as const
export const SET_NAMES = ['grey', 'photos'] as const
export type SetName = (typeof SET_NAMES)[number]

/** The real harness in the real sandbox with small sets of pictures: 28 x 28 grey in ten classes, RGB of many sizes in three uneven ones. */
export type ReplyBench = {
  readonly evaluate: (set: SetName, pipeline: Pipeline, trainSeconds: number) => Promise<Outcome>
  readonly close: () => Promise<void>
}

export async function makeReplyBench(signal: AbortSignal): Promise<ReplyBench> {
  const root = await mkdtemp(join(tmpdir(), 'improve-replies-'))
  const { python } = await ensurePythonEnvironment({ onProgress: () => {}, signal })
  const { sandbox } = await findSandbox()
  if (sandbox === null) throw new Error('replies are run in a sandbox, and none works here')
  const toolsOf = (set: SetName): Tools => {
    const { dtype, channelsLast } = SETS[set]
    return { sandbox, python, threads: 1, machine: { device: 'cpu', threads: 1, dtype, channelsLast, referenceSpeed: 1000 } }
  }
  const staged = new Map<SetName, StagedDataset>()
  return {
    evaluate: async (set, pipeline, trainSeconds) => {
      const tools = toolsOf(set)
      const dataset = staged.get(set) ?? (await stage(join(root, set), set, tools, signal))
      staged.set(set, dataset)
      const folder = await mkdtemp(join(root, 'run-'))
      const request = { dataset, pipeline, seed: 1, trainSeconds, metric: 'accuracy' as const, folder, onProgress: () => {} }
      return evaluate(request, tools, signal)
    },
    close: () => rm(root, { recursive: true, force: true }),
  }
}

async function stage(folder: string, set: SetName, tools: Tools, signal: AbortSignal): Promise<StagedDataset> {
  const { classes, share } = SETS[set]
  const source = join(folder, 'source')
  for (const [split, count] of Object.entries(PER_CLASS)) {
    for (let label = 0; label < classes; label++) {
      const place = join(source, split, `kind-${label}`)
      await mkdir(place, { recursive: true })
      const mine = Math.max(3, Math.round(count * share(label)))
      for (let index = 0; index < mine; index++)
        await writeFile(
          join(place, `${index}.${SETS[set].channels === 1 ? 'pgm' : 'ppm'}`),
          picture(set, label, `${split} ${index}`),
        )
    }
  }
  const cache = join(folder, 'cache')
  return prepareDataset({ source, groups: null, cache, onProgress: () => {}, onNote: () => {}, signal }, tools)
}

/** Noise with a bright spot whose place on a ring, and whose colour, tell the class. */
function picture(set: SetName, label: number, seed: string): Buffer {
  const { classes, channels, side } = SETS[set]
  const bytes = createHash('shake256', { outputLength: 70 * 70 * 3 + 2 })
    .update(`${set} ${label} ${seed}`)
    .digest()
  const [height, width] = [side(bytes.at(-1) ?? 0), side(bytes.at(-2) ?? 0)]
  const angle = (2 * Math.PI * label) / classes
  const [down, right] = [(0.5 + 0.3 * Math.sin(angle)) * height, (0.5 + 0.3 * Math.cos(angle)) * width]
  const pixels = Buffer.alloc(height * width * channels)
  for (const index of pixels.keys()) {
    const [pixel, channel] = [Math.floor(index / channels), index % channels]
    const distance = Math.hypot(Math.floor(pixel / width) - down, (pixel % width) - right)
    const light = distance < Math.min(height, width) / 6 && (channels === 1 || channel === label % channels) ? 120 : 20
    pixels[index] = light + ((bytes[index] ?? 0) >> 1)
  }
  return Buffer.concat([Buffer.from(`${channels === 1 ? 'P5' : 'P6'} ${width} ${height} 255\n`), pixels])
}
