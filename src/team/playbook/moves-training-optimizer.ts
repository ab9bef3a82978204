import { change, rateFor, round, trainingMove } from './moves-training-change.ts'
import type { TrainingMove } from './moves-training-change.ts'
import type { Optimizer, TrainingDesign } from './training-design.ts'

/** Peak rate for a batch of 128, and decay, from which each optimizer is a fair try on a small net. */
const STARTS = {
  sgd: { rate: 0.1, decay: 5e-4 },
  adam: { rate: 3e-3, decay: 1e-4 },
  adamw: { rate: 3e-3, decay: 0.05 },
  lion: { rate: 3e-4, decay: 0.5 },
  muon: { rate: 0.03, decay: 0.05 },
} as const satisfies Record<Optimizer['name'], { rate: number; decay: number }>
const REST_RATE_AT_128 = 0.1
const DECAY_FACTOR = 4
/** As multiples of the usual decay. */
const DECAY_RANGE = [1 / 16, 16] as const

export const OPTIMIZER_MOVES: readonly TrainingMove[] = [
  trainingMove({
    id: 'sgd',
    kind: 'optimizer',
    title: 'train with SGD and Nesterov momentum',
    why: 'on small convolutional nets with norms it ends a little better than adaptive steps',
    helps: { overfitting: 0.2, plateau: 0.1 },
    prior: 0.1,
    apply: (design) =>
      design.optimizer.name === 'sgd' || design.schedule.warmUp === 0
        ? null
        : withOptimizer(design, { name: 'sgd', momentum: 0.9 }, 'ends better than adaptive steps on small convolutional nets'),
  }),
  trainingMove({
    id: 'adamw',
    kind: 'optimizer',
    title: 'train with AdamW',
    why: 'steps of a size of its own for each weight suit nets whose layers differ in scale',
    helps: { unstable: 0.3, underfitting: 0.2 },
    prior: -0.1,
    apply: (design) =>
      design.optimizer.name === 'adamw'
        ? null
        : withOptimizer(design, { name: 'adamw', betas: [0.9, 0.999] }, 'a step size of its own for each weight'),
  }),
  trainingMove({
    id: 'muon',
    kind: 'optimizer',
    title: 'train convolutions with Muon',
    why: 'steps that move every direction of a weight equally far learn more from each, which the speed records of 2024 use',
    helps: { undertrained: 0.2, underfitting: 0.2 },
    prior: 0,
    cost: 1.15,
    apply: (design) => (design.optimizer.name === 'muon' ? null : withMuon(design)),
  }),
  trainingMove({
    id: 'lion',
    kind: 'optimizer',
    title: 'train with Lion',
    why: 'steps of one size for all weights, in the direction of the sign of the momentum',
    helps: { underfitting: 0.1 },
    prior: -0.3,
    apply: (design) =>
      design.optimizer.name === 'lion'
        ? null
        : withOptimizer(design, { name: 'lion', betas: [0.9, 0.99] }, 'the sign of the momentum alone decides each step'),
  }),
  trainingMove({
    id: 'more-momentum',
    kind: 'optimizer',
    title: 'raise the momentum to 0.95 and halve the rate',
    why: 'a longer memory of gradients evens out noisy batches',
    helps: { unstable: 0.2 },
    prior: -0.05,
    apply: (design) => withMomentum(design, 0.95, 1 / 2, 'a longer memory evens out noisy batches'),
  }),
  trainingMove({
    id: 'less-momentum',
    kind: 'optimizer',
    title: 'lower the momentum to 0.85',
    why: 'a shorter memory follows the falling rate sooner, which short trainings need',
    helps: { undertrained: 0.1 },
    prior: 0,
    apply: (design) => withMomentum(design, 0.85, 1, 'a shorter memory follows the falling rate sooner'),
  }),
  trainingMove({
    id: 'shorter-square-memory',
    kind: 'optimizer',
    title: 'let Adam forget the size of gradients ten times sooner',
    why: 'the usual memory of a thousand steps is longer than the phases of a short training',
    helps: { undertrained: 0.1, unstable: 0.2 },
    prior: 0.05,
    apply: (design) => {
      const { optimizer } = design
      if ((optimizer.name !== 'adam' && optimizer.name !== 'adamw') || optimizer.betas[1] < 0.999) return null
      const why = 'sizes of gradients of a thousand steps ago say little in a short training'
      return change(design, { optimizer: { ...optimizer, betas: [optimizer.betas[0], 0.99] } }, { optimizer: why })
    },
  }),
  trainingMove({
    id: 'lookahead',
    kind: 'optimizer',
    title: 'draw the weights back half of the way every five steps',
    why: 'what the fast steps agree on is kept and what they jump about is halved',
    helps: { unstable: 0.3, plateau: 0.1 },
    prior: 0.05,
    apply: (design) =>
      design.lookahead === null
        ? change(design, { lookahead: { steps: 5, share: 0.5 } }, { lookahead: 'halves what the fast steps jump about' })
        : null,
  }),
]

export const DECAY_MOVES: readonly TrainingMove[] = [
  trainingMove({
    id: 'decay-up',
    kind: 'weight-decay',
    title: 'raise the weight decay fourfold',
    why: 'smaller weights keep less of what only single pictures show',
    helps: { overfitting: 0.3 },
    prior: 0,
    apply: (design) => withDecay(design, DECAY_FACTOR, 'smaller weights keep less of single pictures'),
  }),
  trainingMove({
    id: 'decay-down',
    kind: 'weight-decay',
    title: 'lower the weight decay fourfold',
    why: 'a training that has not learnt its pictures yet has nothing to forget',
    helps: { underfitting: 0.2, undertrained: 0.2 },
    prior: 0,
    apply: (design) => withDecay(design, 1 / DECAY_FACTOR, 'there is little to forget yet'),
  }),
  trainingMove({
    id: 'decay-weights-only',
    kind: 'weight-decay',
    title: 'leave norms and biases out of the weight decay',
    why: 'they are few, cannot learn pictures by heart, and their scale is there to be learnt',
    helps: { underfitting: 0.1 },
    prior: 0.05,
    apply: (design) =>
      design.decayed === 'everything' && design.weightDecay > 0
        ? change(design, { decayed: 'weights' }, { decayed: 'norms and biases cannot learn pictures by heart' })
        : null,
  }),
  trainingMove({
    id: 'decay-everything',
    kind: 'weight-decay',
    title: 'let norms and biases decay too',
    why: 'the scales of norms are where a normalised net keeps its confidence',
    helps: { overfitting: 0.1 },
    prior: -0.1,
    apply: (design) =>
      design.decayed === 'weights' && design.weightDecay > 0 && design.optimizer.name !== 'muon'
        ? change(design, { decayed: 'everything' }, { decayed: 'on norms too, which hold the confidence' })
        : null,
  }),
]

export const STABILITY_MOVES: readonly TrainingMove[] = [
  trainingMove({
    id: 'clip',
    kind: 'stability',
    title: 'clip the gradient to a norm of 1',
    why: 'a single odd batch cannot throw the weights far',
    helps: { unstable: 0.8 },
    prior: 0,
    apply: (design) =>
      design.clipNorm === null ? change(design, { clipNorm: 1 }, { clipNorm: 'no single batch throws the weights far' }) : null,
  }),
  trainingMove({
    id: 'centre-gradients',
    kind: 'stability',
    title: 'take their mean out of the gradients of each output',
    why: 'what all inputs of an output share is left to norms and biases, and the weights train more smoothly',
    helps: { unstable: 0.2, overfitting: 0.1 },
    prior: 0.05,
    apply: (design) => (design.gradient.name === 'plain' ? change(design, { gradient: { name: 'centred' } }, {}) : null),
  }),
  trainingMove({
    id: 'gradient-noise',
    kind: 'stability',
    title: 'add noise of a third of their size to the gradients',
    why: 'noise that fades with the rate shakes the weights out of narrow places',
    helps: { overfitting: 0.1, plateau: 0.1 },
    prior: -0.15,
    apply: (design) =>
      design.gradient.name === 'plain'
        ? change(design, { gradient: { name: 'noisy', deviation: 0.3 } }, { gradient: 'shakes the weights out of narrow places' })
        : null,
  }),
]

/** Another optimizer with its own usual rate and decay: those of the one before mean nothing to it. */
function withOptimizer(design: TrainingDesign, optimizer: Optimizer, why: string): TrainingDesign {
  const { rate, decay } = STARTS[optimizer.name]
  const peakRate = rateFor(optimizer.name, rate, design.batchSize)
  return change(design, { optimizer, peakRate, weightDecay: decay }, { optimizer: why })
}

function withMuon(design: TrainingDesign): TrainingDesign {
  const restRate = rateFor('muon', REST_RATE_AT_128, design.batchSize)
  const optimizer = { name: 'muon', momentum: 0.95, rest: 'sgd', restRate } as const
  return { ...withOptimizer(design, optimizer, 'as its author uses it'), decayed: 'weights' }
}

function withMomentum(design: TrainingDesign, momentum: number, factor: number, why: string): TrainingDesign | null {
  const { optimizer } = design
  if (optimizer.name !== 'sgd' || optimizer.momentum === momentum) return null
  return change(design, { optimizer: { ...optimizer, momentum }, peakRate: round(design.peakRate * factor) }, { optimizer: why })
}

/** Where nothing decays yet, the optimizer's usual decay is the first step. */
function withDecay(design: TrainingDesign, factor: number, why: string): TrainingDesign | null {
  const usual = STARTS[design.optimizer.name].decay
  if (design.weightDecay === 0) return factor > 1 ? change(design, { weightDecay: usual }, { weightDecay: why }) : null
  const weightDecay = round(design.weightDecay * factor)
  const share = weightDecay / usual
  if (share < DECAY_RANGE[0] * 0.99 || share > DECAY_RANGE[1] * 1.01) return null
  return change(design, { weightDecay }, { weightDecay: why })
}
