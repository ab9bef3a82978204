import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { BadEvent } from './events.ts'
import type { Bundle } from './bundle.ts'
import type { StageFailure } from './failure.ts'
import { limitsOf, START_SECONDS } from './limits.ts'
import { pictureFrames } from './picture-frames.ts'
import { withChild } from './run-process.ts'
import type { Child, Python } from './run-process.ts'
import { collect, withScratch } from './scratch.ts'
import { StagedChild } from './staged-child.ts'

/** Without a sign of life for so long, the process is taken for hung. */
const STALL_SECONDS = 300
/** Guard of the whole process; pictures take milliseconds, on the slowest of disks a second. */
const SECONDS_A_PICTURE = 10
/** Of answers, read from the file at once. */
const BLOCK_BYTES = 1 << 20

export type ClassifyRequest = {
  readonly bundle: Bundle
  /** Paths of the pictures, at least one. */
  readonly files: readonly string[]
  readonly onProgress: (done: number) => void
  /** Called for each file in order, once all are classified. */
  readonly onAnswer: (answer: Answer, row: number) => void
}

/** What a classifier says of one picture: probabilities by class, or why it says nothing. */
export type Answer =
  | { readonly status: 'classified'; readonly probabilities: Float64Array }
  | { readonly status: 'refused'; readonly reason: string }

/** `greyed` pictures had colours that the classifier does not look at; `squashed` ones another shape than all it learnt from. */
export type Classified = { readonly status: 'classified'; readonly greyed: number; readonly squashed: number }

/** Classifies files with a bundle. The process sees the bytes of the files and neither their names nor any folder of the user's. */
export async function classify(request: ClassifyRequest, tools: Python, signal: AbortSignal): Promise<Classified | StageFailure> {
  const { bundle, files } = request
  const classCount = bundle.facts.classes.length
  return withScratch(async (scratch) => {
    const code = { host: join(bundle.folder, 'pipeline'), guest: '/code' }
    const weights = { host: join(bundle.folder, 'weights.safetensors'), guest: '/weights/weights.safetensors' }
    const out = { host: scratch.out, guest: '/out', writable: true }
    const { pathOf } = tools.sandbox
    const job = { ...jobOf(request, tools), paths: { code: pathOf(code), weights: pathOf(weights), out: pathOf(out) } }
    const limits = limitsOf('classify', START_SECONDS + STALL_SECONDS + files.length * SECONDS_A_PICTURE)
    const refusals = new Map<number, string>()
    const call = { mode: 'classify' as const, job, mounts: [code, weights, out], limits, signal }
    const told = await withChild(tools, call, async (child) => {
      const feeding = child.feed(pictureFrames(files, (row, reason) => refusals.set(row, reason)))
      const [result] = await Promise.all([follow(request, child, new StagedChild(child, limits), refusals, signal), feeding])
      return result
    })
    if (told.status === 'failed') return told
    const logits = join(scratch.folder, 'logits.f32')
    const size = { exactBytes: 4 * files.length * classCount }
    const bad = await collect(join(scratch.out, 'logits.f32'), logits, size, 'predict')
    if (bad !== null) return bad
    for await (const [row, values] of readRows(logits, classCount)) request.onAnswer(answerOf(values, refusals.get(row)), row)
    return told
  })
}

function jobOf({ bundle, files }: ClassifyRequest, { threads }: Python) {
  const { info, machine, seed, edge } = bundle.facts
  // The model is built as it was for the machine that trained it; what runs it is this machine.
  return { info, machine: { ...machine, device: 'cpu', threads }, seed, edge, count: files.length }
}

async function follow(
  { files, onProgress }: ClassifyRequest,
  child: Child<'classify'>,
  staged: StagedChild<'classify'>,
  refusals: Map<number, string>,
  signal: AbortSignal,
): Promise<Classified | StageFailure> {
  staged.enter('start', START_SECONDS)
  return staged.follow((event) => {
    staged.enter('predict', STALL_SECONDS)
    switch (event.type) {
      case 'process.ready':
        return undefined
      case 'classify.progress':
        onProgress(Math.min(event.done, files.length))
        return undefined
      case 'classify.refused':
        if (event.row >= files.length) throw new BadEvent('classify refused a picture that it was not given')
        // What the host could not read, the process got as an empty file: the host knows the reason.
        if (!refusals.has(event.row)) refusals.set(event.row, event.reason)
        return undefined
      case 'classify.finished':
        return { status: 'classified' as const, greyed: event.greyed, squashed: event.squashed }
    }
  }, signal)
}

/** The rows of a float32 [n, classCount] file, with their numbers. */
async function* readRows(path: string, classCount: number): AsyncGenerator<[number, Float32Array]> {
  const rowBytes = 4 * classCount
  const block = Buffer.alloc(Math.max(1, Math.floor(BLOCK_BYTES / rowBytes)) * rowBytes)
  const handle = await open(path, 'r')
  try {
    for (let first = 0; ;) {
      const { bytesRead } = await handle.read(block, 0, block.length, first * rowBytes)
      if (bytesRead === 0) return
      for (let row = 0; row < bytesRead / rowBytes; row++) yield [first + row, readFloats(block, row * rowBytes, classCount)]
      first += bytesRead / rowBytes
    }
  } finally {
    await handle.close()
  }
}

function readFloats(bytes: Buffer, offset: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => bytes.readFloatLE(offset + 4 * index))
}

function answerOf(logits: Float32Array, refusal: string | undefined): Answer {
  if (refusal !== undefined) return { status: 'refused', reason: refusal }
  if (!logits.every(Number.isFinite)) return { status: 'refused', reason: 'the classifier gave no numbers for it' }
  return { status: 'classified', probabilities: softmax(logits) }
}

function softmax(logits: Float32Array): Float64Array {
  const largest = logits.reduce((a, b) => Math.max(a, b))
  const powers = Float64Array.from(logits, (value) => Math.exp(value - largest))
  const total = powers.reduce((sum, value) => sum + value, 0)
  return powers.map((value) => value / total)
}
