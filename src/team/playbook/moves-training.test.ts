import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { pythonFindings, runPlaybookProgram } from '../../../tests/support/playbook-python.ts'
import type { Evidence } from '../../core/team.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { Situation } from './move.ts'
import { TRAINING_MOVES } from './moves-training.ts'
import { renderTraining } from './render-training.ts'
import { PHOTO_TRAINING, SMALL_TRAINING, TUTORIAL_TRAINING } from './training-design.ts'
import type { TrainingDesign } from './training-design.ts'

const FAMILIES = [
  'recipe',
  'rate',
  'schedule',
  'optimizer',
  'weight-decay',
  'loss',
  'averaging',
  'batch',
  'sharpness',
  'class-balance',
  'stability',
]
const STEPS = 60

type Facts = {
  readonly classCounts?: readonly number[]
  readonly metric?: string
  readonly steps?: number
  readonly conflicts?: number
}

/** Classes of very different size, some of whose pictures have two labels, and 600 steps: something for every move to go by. */
function situation({
  classCounts = [1280, 640, 480, 160],
  metric = 'balanced-accuracy',
  steps = 600,
  conflicts = 3,
}: Facts = {}): Situation {
  const brief = {
    card: { duplicates: { conflictingLabels: conflicts } },
    metric,
    classCounts,
    trainCount: classCounts.reduce((a, b) => a + b, 0),
    trainSeconds: 20,
    machine: { referenceSpeed: 2000 },
    shape: [28, 28],
  }
  return { brief: brief as unknown as Situation['brief'], evidence: { best: { steps } } as unknown as Evidence }
}

const OFTEN = situation()
const apply = (id: string, design: TrainingDesign, facts: Situation = OFTEN) => {
  const move = TRAINING_MOVES.find((one) => one.id === `training/${id}`)
  if (move === undefined) throw new Error(`no move ${id}`)
  return move.apply(design, facts)
}
const after = (id: string, design: TrainingDesign) => {
  const changed = apply(id, design)
  if (changed === null) throw new Error(`${id} does not apply`)
  return changed
}

const adamw = after('adamw', SMALL_TRAINING)
const averaged = after('average', SMALL_TRAINING)
const STARTS: readonly TrainingDesign[] = [
  SMALL_TRAINING,
  TUTORIAL_TRAINING,
  { ...adamw, clipNorm: 2 },
  averaged,
  after('sharpness', SMALL_TRAINING),
  after('decay-everything', { ...SMALL_TRAINING, labelSmoothing: 0 }),
  after('schedule-cosine', { ...SMALL_TRAINING, batchSize: 32 }),
]

/** Each move on the first beginning that it fits. */
const APPLIED = TRAINING_MOVES.map((move) => {
  const start = STARTS.find((design) => move.apply(design, OFTEN) !== null)
  const design = start === undefined ? null : move.apply(start, OFTEN)
  return { move, start, design }
})

type Result = {
  readonly problems: readonly string[]
  readonly effect: { readonly trained?: readonly number[] }
  readonly losses: readonly number[]
}
const exercise = async (designs: Readonly<Record<string, TrainingDesign>>, steps: number) => {
  const sources = Object.fromEntries(Object.entries(designs).map(([name, design]) => [name, renderTraining(design)]))
  return (await runPlaybookProgram('exercise_training', { sources, steps })) as Record<string, Result>
}

test('each move has a name, a title and a family of its own kind, and fits some beginning', () => {
  const all = TRAINING_MOVES.map(({ id, title, kind }) => ({ id, title, kind }))
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  expect(new Set(all.map(({ title }) => title)).size).toBe(all.length)
  expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(FAMILIES))
  expect(APPLIED.filter(({ design }) => design === null).map(({ move }) => move.id)).toEqual([])
})

describe('each move, rendered and trained for sixty steps on separable pictures', () => {
  const designs = Object.fromEntries(APPLIED.map(({ move, design }) => [move.id, design ?? SMALL_TRAINING]))
  const startName = (start: TrainingDesign | undefined) => `start ${STARTS.indexOf(start ?? SMALL_TRAINING)}`
  let results: Record<string, Result>
  let beginnings: Record<string, Result>
  beforeAll(async () => {
    const starts = Object.fromEntries(STARTS.map((design) => [startName(design), design]))
    const all = Object.entries(await exercise({ ...designs, ...starts }, STEPS))
    results = Object.fromEntries(all.filter(([name]) => name in designs))
    beginnings = Object.fromEntries(all.filter(([name]) => name in starts))
  }, 120_000)

  test('passes the static check', () => {
    expect(Object.entries(results).filter(([, { problems }]) => problems.length > 0)).toEqual([])
  })

  test('gives finite losses that fall', () => {
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
    const bad = Object.entries(results).filter(([, { losses }]) => {
      const [early, late] = [mean(losses.slice(0, 10)), mean(losses.slice(-10))]
      return losses.length !== STEPS || !losses.every((loss) => Number.isFinite(loss)) || late >= 0.9 * early
    })
    expect(bad.map(([id, { losses }]) => [id, losses.at(0), losses.at(-1)])).toEqual([])
  })

  test('has an effect that no other move has, and another than its beginning', () => {
    const effect = (name: string) => JSON.stringify(results[name]?.effect ?? beginnings[name]?.effect)
    const names = APPLIED.map(({ move }) => move.id)
    const twins = names.filter((name) => names.some((other) => other !== name && effect(other) === effect(name)))
    expect(twins).toEqual([])
    const still = APPLIED.filter(({ move, start }) => effect(startName(start)) === effect(move.id))
    expect(still.map(({ move }) => move.id)).toEqual([])
  })

  test('is lint-free and formatted Python', async () => {
    const sources = Object.entries(designs).map(([id, design]) => [id.replaceAll(/[^a-z]/g, '_'), renderTraining(design)])
    expect(await pythonFindings(Object.fromEntries(sources))).toBe('')
  })
})

test('all moves come to different fingerprints', () => {
  const prints = APPLIED.map(({ design }) => fingerprintOf(design ?? SMALL_TRAINING))
  expect(new Set(prints).size).toBe(prints.length)
})

test('any chain of moves changes the design at each link and comes to code that is clean and runs', async () => {
  const chains: Record<string, TrainingDesign> = {}
  const beginning = fc.constantFrom(SMALL_TRAINING, PHOTO_TRAINING, TUTORIAL_TRAINING)
  const chain = fc.array(fc.constantFrom(...TRAINING_MOVES), { minLength: 4, maxLength: 12 })
  fc.assert(
    fc.property(beginning, chain, (start, moves) => {
      let design = start
      for (const move of moves) {
        const next = move.apply(design, OFTEN)
        if (next === null) continue
        expect([move.id, fingerprintOf(next)]).not.toEqual([move.id, fingerprintOf(design)])
        design = next
      }
      chains[`chain_${Object.keys(chains).length}`] = design
    }),
    { numRuns: 60, seed: 4 },
  )
  const results = await exercise(chains, 8)
  const failed = Object.entries(results).filter(([, { problems, losses }]) => problems.length > 0 || !losses.every(Number.isFinite))
  expect(failed.map(([name, { problems }]) => [chains[name], problems])).toEqual([])
  expect(
    await pythonFindings(Object.fromEntries(Object.entries(chains).map(([name, design]) => [name, renderTraining(design)]))),
  ).toBe('')
}, 120_000)

describe('a move that does not fit is not offered', () => {
  const even = situation({ classCounts: [640, 640] })
  test.each(['class-weights-root', 'class-weights-full', 'logit-adjustment'])('%s without imbalance', (id) => {
    expect(apply(id, SMALL_TRAINING)).not.toBeNull()
    expect(apply(id, SMALL_TRAINING, even)).toBeNull()
  })

  test('equal classes where the metric counts images', () => {
    const images = situation({ metric: 'accuracy' })
    expect(apply('class-weights-full', SMALL_TRAINING, images)).toBeNull()
    expect(apply('class-weights-root', SMALL_TRAINING, images)).not.toBeNull()
  })

  test.each(['average', 'tail-average', 'distil-average'])('%s in a training of a few steps', (id) => {
    expect(apply(id, SMALL_TRAINING, situation({ steps: 200 }))).toBeNull()
  })

  test('a bounded loss without pictures of two labels', () => {
    expect(apply('loss-truncated', SMALL_TRAINING, situation({ conflicts: 0 }))).toBeNull()
  })

  test('rates and batches outside of what is sane', () => {
    expect(apply('peak-rate-up', { ...SMALL_TRAINING, peakRate: 0.4 })).toBeNull()
    expect(apply('peak-rate-down', { ...SMALL_TRAINING, peakRate: 0.02 })).toBeNull()
    expect(apply('batch-half', { ...SMALL_TRAINING, batchSize: 16 })).toBeNull()
    expect(apply('batch-double', SMALL_TRAINING, situation({ classCounts: [20, 20] }))).toBeNull()
  })
})

test('both directions of rate, decay, batch and smoothing lead back to where they came from', () => {
  const pairs = [
    ['peak-rate-up', 'peak-rate-down'],
    ['decay-up', 'decay-down'],
    ['batch-half', 'batch-double'],
    ['smoothing-up', 'smoothing-down'],
  ] as const
  for (const [up, down] of pairs) {
    const back = after(down, after(up, SMALL_TRAINING))
    expect({ ...back, leastStepsAnEpoch: 0, why: {} }).toEqual({ ...SMALL_TRAINING, leastStepsAnEpoch: 0, why: {} })
  }
})

test('half the batch is half of what few images leave of it', () => {
  const few = situation({ classCounts: [128, 128] })
  expect(apply('batch-half', SMALL_TRAINING, few)).toMatchObject({ batchSize: 32, peakRate: 0.025 })
})

test("the moving average's memory is a share of the steps", () => {
  expect(apply('average', SMALL_TRAINING, situation({ steps: 500 }))).toMatchObject({ averaging: { name: 'ema', decay: 0.95 } })
  expect(apply('average', SMALL_TRAINING, situation({ steps: 5000 }))).toMatchObject({ averaging: { name: 'ema', decay: 0.995 } })
})

test('before anything was trained, the steps come from the speed of the machine', () => {
  // 20 s at 2,000 images a second in batches of 128: about 312 steps.
  expect(apply('average', SMALL_TRAINING, { ...OFTEN, evidence: null })).toMatchObject({ averaging: { decay: 0.92 } })
})

test('a replaced choice takes its reason along', () => {
  const twice = after('peak-rate-down', after('peak-rate-up', SMALL_TRAINING))
  expect(twice.why.peakRate).toBe('half the rate jumps less')
  expect(after('adamw', after('peak-rate-up', SMALL_TRAINING)).why).not.toHaveProperty('peakRate')
})
