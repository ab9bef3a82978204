import { change, round, stepsOf, trainingMove } from './moves-training-change.ts'
import type { TrainingMove } from './moves-training-change.ts'
import type { Situation } from './move.ts'
import type { Averaging, Schedule, TrainingDesign } from './training-design.ts'

/** With fewer steps an average remembers either next to nothing or the random start. */
const FEWEST_STEPS = 300
/** Steps that an average remembers, as a share of all. */
const MEMORY = 0.04
const MEMORY_RANGE = [0.009, 0.17] as const
const TAIL = 0.25
/** Where the rate ends when the last steps are averaged: at zero they would all be the same. */
const TAIL_RATE = 0.1
const RADIUS = 0.05
const WIDEST = 0.2

export const AVERAGING_MOVES: readonly TrainingMove[] = [
  trainingMove({
    id: 'average',
    kind: 'averaging',
    title: 'keep a moving average of the weights',
    why: 'an average over the last steps is steadier than the last step',
    helps: { unstable: 0.4, plateau: 0.2 },
    prior: 0.1,
    apply: (design, situation) => (design.averaging.name === 'none' ? withMemory(design, situation, MEMORY) : null),
  }),
  trainingMove({
    id: 'longer-average',
    kind: 'averaging',
    title: 'let the average remember twice as many steps',
    why: 'a longer average is steadier as long as the start is forgotten',
    helps: { unstable: 0.1 },
    prior: -0.05,
    apply: (design, situation) => scaleMemory(design, situation, 2),
  }),
  trainingMove({
    id: 'shorter-average',
    kind: 'averaging',
    title: 'let the average remember half as many steps',
    why: 'while the net still learns fast, old weights are worse weights',
    helps: { undertrained: 0.2 },
    prior: 0,
    apply: (design, situation) => scaleMemory(design, situation, 1 / 2),
  }),
  trainingMove({
    id: 'tail-average',
    kind: 'averaging',
    title: 'average the weights of the last quarter, at a rate that does not fall to zero',
    why: 'weights that still move over a wide place have their mean in its middle',
    helps: { overfitting: 0.2, plateau: 0.2 },
    prior: 0,
    apply: (design, situation) => {
      const schedule = withFinal(design.schedule, TAIL_RATE)
      if (design.averaging.name === 'tail' || design.distillation !== null || schedule === null || isShort(design, situation))
        return null
      const why = {
        averaging: 'the middle of the place over which the last weights move',
        schedule: 'so that the last weights still move',
      }
      return change(design, { averaging: { name: 'tail', share: TAIL }, schedule }, why)
    },
  }),
  trainingMove({
    id: 'distil-average',
    kind: 'averaging',
    title: 'let the net learn from its own average too',
    why: 'the steadier average says of each picture which other classes it resembles, which labels do not',
    helps: { overfitting: 0.3, confusion: 0.2, plateau: 0.1 },
    prior: 0,
    cost: 1.3,
    apply: (design, situation) => {
      if (design.distillation !== null || design.sharpness !== null || isShort(design, situation)) return null
      const averaged = design.averaging.name === 'ema' ? design : withMemory(design, situation, MEMORY)
      const why = 'its probabilities say which classes a picture resembles'
      return averaged && change(averaged, { distillation: { share: 0.3, from: 0.3 } }, { distillation: why })
    },
  }),
]

export const SHARPNESS_MOVES: readonly TrainingMove[] = [
  trainingMove({
    id: 'sharpness',
    kind: 'sharpness',
    title: 'take each step by the gradient at the worst point nearby',
    why: 'weights in a flat place stay right on pictures that differ a little from those of the training',
    helps: { overfitting: 0.6, plateau: 0.1 },
    prior: 0.2,
    cost: 2,
    apply: (design) => withSharpness(design, 0, 'as in the paper, for small pictures'),
  }),
  trainingMove({
    id: 'sharpness-late',
    kind: 'sharpness',
    title: 'take the last third of the steps by the gradient at the worst point nearby',
    why: 'which place the weights settle in is decided late, so that most of the gain comes at a third of the cost',
    helps: { overfitting: 0.4, plateau: 0.1 },
    prior: 0.1,
    cost: 1.3,
    apply: (design) => withSharpness(design, 0.67, 'where the weights settle is decided late'),
  }),
  trainingMove({
    id: 'sharpness-wider',
    kind: 'sharpness',
    title: 'double the radius of the sharpness-aware steps',
    why: 'a wider look asks for a flatter place',
    helps: { overfitting: 0.2 },
    prior: 0,
    apply: (design) =>
      design.sharpness === null || design.sharpness.radius * 2 > WIDEST
        ? null
        : change(
            design,
            { sharpness: { ...design.sharpness, radius: round(design.sharpness.radius * 2) } },
            { sharpness: 'a wider look asks for a flatter place' },
          ),
  }),
]

function withSharpness(design: TrainingDesign, from: number, why: string): TrainingDesign | null {
  if (design.sharpness !== null || design.distillation !== null) return null
  return change(design, { sharpness: { radius: RADIUS, from } }, { sharpness: why })
}

function isShort(design: TrainingDesign, situation: Situation): boolean {
  return stepsOf(design, situation) < FEWEST_STEPS
}

/** The average that remembers this share of the steps; null where there are too few of them. */
function withMemory(design: TrainingDesign, situation: Situation, share: number): TrainingDesign | null {
  if (isShort(design, situation)) return null
  const steps = stepsOf(design, situation) * share
  const averaging: Averaging = { name: 'ema', decay: Number((1 - 1 / steps).toFixed(steps < 100 ? 3 : 4)) }
  return change(design, { averaging }, { averaging: `${Math.round(share * 100)} % of a training` })
}

function scaleMemory(design: TrainingDesign, situation: Situation, factor: number): TrainingDesign | null {
  if (design.averaging.name !== 'ema') return null
  const share = factor / (1 - design.averaging.decay) / stepsOf(design, situation)
  return share < MEMORY_RANGE[0] || share > MEMORY_RANGE[1] ? null : withMemory(design, situation, share)
}

/** Null where the shape has no end to be changed. */
function withFinal(schedule: Schedule, final: number): Schedule | null {
  if (schedule.shape === 'constant') return schedule
  return 'final' in schedule ? { ...schedule, final } : null
}
