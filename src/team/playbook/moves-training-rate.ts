import { batchScale, change, round, trainingMove } from './moves-training-change.ts'
import type { TrainingMove } from './moves-training-change.ts'
import { effectiveBatch, SMALLEST_BATCH } from './training-design.ts'
import type { Optimizer, Schedule, TrainingDesign } from './training-design.ts'

/** Peak rates, for a batch of 128, outside of which none is worth a trial. */
const RATES: Readonly<Record<Optimizer['name'], readonly [number, number]>> = {
  sgd: [0.0125, 0.4],
  adam: [2.5e-4, 1.2e-2],
  adamw: [2.5e-4, 1.2e-2],
  lion: [2.5e-5, 1.2e-3],
  muon: [5e-3, 0.2],
}
const MOST_WARM_UP = 0.4
const LEAST_WARM_UP = 0.05
const LARGEST_BATCH = 1024

export const RATE_MOVES: readonly TrainingMove[] = [
  trainingMove({
    id: 'peak-rate-up',
    kind: 'rate',
    title: 'double the peak rate',
    why: 'a higher rate gets further in few steps and settles in flatter places',
    helps: { undertrained: 0.3, underfitting: 0.2, overfitting: 0.1 },
    prior: 0,
    apply: (design) => withRate(design, 2, 'twice the rate gets further in the same steps'),
  }),
  trainingMove({
    id: 'peak-rate-down',
    kind: 'rate',
    title: 'halve the peak rate',
    why: 'a rate near the edge of stability wastes steps on jumping to and fro',
    helps: { unstable: 0.8 },
    prior: 0,
    apply: (design) => withRate(design, 1 / 2, 'half the rate jumps less'),
  }),
  trainingMove({
    id: 'adam-rate-up',
    kind: 'rate',
    title: "triple Adam's rate",
    why: "Adam's usual rate of 1e-3 is set for safety, and short trainings of small nets bear more",
    helps: { undertrained: 0.3 },
    prior: 0.4,
    apply: (design) =>
      design.optimizer.name.startsWith('adam') && atBatchOf128(design) <= 1.5e-3
        ? withRate(design, 3, 'the usual 1e-3 is too careful for a short training')
        : null,
  }),
  trainingMove({
    id: 'head-rate-up',
    kind: 'rate',
    title: "triple the last layer's rate",
    why: 'the last layer starts at zero and has the furthest to go',
    helps: { undertrained: 0.1, imbalance: 0.1 },
    prior: -0.05,
    apply: (design) =>
      design.headRate === 1 ? change(design, { headRate: 3 }, { headRate: 'it starts at zero and has the furthest to go' }) : null,
  }),
]

export const SCHEDULE_MOVES: readonly TrainingMove[] = [
  trainingMove({
    id: 'anneal',
    kind: 'schedule',
    title: 'let the rate rise over a fifth of the steps and then fall to zero',
    why: 'a rate that stays keeps the weights jumping around the place where a falling one would settle',
    helps: { undertrained: 0.2, plateau: 0.3, unstable: 0.5 },
    prior: 0.7,
    apply: (design) =>
      design.schedule.shape === 'constant'
        ? withSchedule(design, { shape: 'triangle', warmUp: 0.2, final: 0 }, 'a rate that falls to zero lets the weights settle')
        : null,
  }),
  schedule(
    'triangle',
    'let the rate fall in a straight line',
    'the straight fall is what the small-image speed records use',
    0.05,
    (warmUp) => ({
      shape: 'triangle',
      warmUp,
      final: 0,
    }),
  ),
  schedule(
    'cosine',
    'let the rate fall as half a cosine',
    'more steps near the peak and more near zero than on a straight line',
    0,
    (warmUp) => ({
      shape: 'cosine',
      warmUp,
      final: 0,
    }),
  ),
  schedule('one-cycle', 'let the rate rise and fall as one smooth cycle', 'a long smooth rise allows a high peak', -0.05, () => ({
    shape: 'one-cycle',
    warmUp: 0.3,
    final: 0,
  })),
  schedule(
    'stable-decay',
    'keep the rate at its peak until the last third',
    'the time at a high rate finds the region, the last third settles in it',
    0,
    () => ({ shape: 'stable-decay', warmUp: 0.1, decay: 0.35, final: 0 }),
  ),
  schedule(
    'steps',
    'cut the rate to a tenth at a half and at four fifths',
    'each cut lets the weights settle at a finer scale',
    -0.2,
    () => ({
      shape: 'steps',
      warmUp: 0.05,
      at: [0.5, 0.8],
      factor: 0.1,
    }),
  ),
  schedule('restarts', 'let the rate fall three times over', 'each new start may leave a poor place', -0.3, (warmUp) => ({
    shape: 'restarts',
    warmUp: Math.min(warmUp, 0.1),
    cycles: 3,
  })),
  trainingMove({
    id: 'longer-warm-up',
    kind: 'schedule',
    title: 'double the warm-up',
    why: 'statistics of norms and momentum are worthless at first, and a slow start spares the net what they would do',
    helps: { unstable: 0.5 },
    prior: -0.05,
    apply: (design) =>
      withWarmUp(design, Math.max(0.1, design.schedule.warmUp * 2), 'a slow start, since early steps are the wildest'),
  }),
  trainingMove({
    id: 'shorter-warm-up',
    kind: 'schedule',
    title: 'halve the warm-up',
    why: 'normalised nets bear the peak early, and a short training has no steps to give away',
    helps: { undertrained: 0.2 },
    prior: 0.05,
    apply: (design) => withWarmUp(design, design.schedule.warmUp / 2, 'a short training has no steps to give away'),
  }),
]

/** The cost is per picture: half the batch makes twice the steps in the same time. */
export const BATCH_MOVES: readonly TrainingMove[] = [
  trainingMove({
    id: 'batch-half',
    kind: 'batch',
    title: 'halve the batch, and the rate with it',
    why: 'twice the steps at the same cost, and their noise keeps the net from learning single pictures by heart',
    helps: { undertrained: 0.3, overfitting: 0.2 },
    prior: 0,
    apply: (design, { brief }) => {
      const batch = Math.floor(effectiveBatch(design, brief.trainCount) / 2)
      if (batch < SMALLEST_BATCH) return null
      return withBatch(design, batch, design.leastStepsAnEpoch, 'twice the steps of the size before, at the same cost')
    },
  }),
  trainingMove({
    id: 'batch-double',
    kind: 'batch',
    title: 'double the batch, and the rate with it',
    why: 'gradients and batch statistics of more pictures are steadier, and large steps use the machine better',
    helps: { unstable: 0.3, slow: 0.2 },
    prior: -0.1,
    apply: (design, { brief }) => {
      const batch = effectiveBatch(design, brief.trainCount) * 2
      if (batch > LARGEST_BATCH || batch > brief.trainCount / 2) return null
      return withBatch(design, batch, null, 'steadier gradients than those of half the size')
    },
  }),
]

/** A change of the schedule's shape that keeps the warm-up where the new shape has no other use for it. */
function schedule(
  id: Schedule['shape'],
  title: string,
  why: string,
  prior: number,
  make: (warmUp: number) => Schedule,
): TrainingMove {
  return trainingMove({
    id: `schedule-${id}`,
    kind: 'schedule',
    title,
    why,
    helps: { plateau: 0.1 },
    prior,
    apply: (design) =>
      design.schedule.shape === id || design.schedule.shape === 'constant'
        ? null
        : withSchedule(design, make(design.schedule.warmUp), why),
  })
}

function withSchedule(design: TrainingDesign, next: Schedule, why: string): TrainingDesign {
  return change(design, { schedule: next }, { schedule: why })
}

function withWarmUp(design: TrainingDesign, warmUp: number, why: string): TrainingDesign | null {
  if (warmUp < LEAST_WARM_UP || warmUp > MOST_WARM_UP) return null
  return withSchedule(design, { ...design.schedule, warmUp: round(warmUp) }, why)
}

function withRate(design: TrainingDesign, factor: number, why: string): TrainingDesign | null {
  const [least, most] = RATES[design.optimizer.name]
  const rate = atBatchOf128(design) * factor
  if (rate < least * 0.99 || rate > most * 1.01) return null
  return change(design, { peakRate: round(design.peakRate * factor) }, { peakRate: why })
}

function atBatchOf128({ optimizer, peakRate, batchSize }: TrainingDesign): number {
  return peakRate * batchScale(optimizer.name, 128 / batchSize)
}

/** Doubling also lifts the rule for few images, which would cut the new size down. */
function withBatch(design: TrainingDesign, batchSize: number, leastStepsAnEpoch: number | null, why: string): TrainingDesign {
  const { optimizer } = design
  const scale = batchScale(optimizer.name, batchSize / design.batchSize)
  const peakRate = round(design.peakRate * scale)
  const rest = optimizer.name === 'muon' ? { optimizer: { ...optimizer, restRate: round(optimizer.restRate * scale) } } : {}
  return change(design, { batchSize, peakRate, leastStepsAnEpoch, ...rest }, { batchSize: why })
}
