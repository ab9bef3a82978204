import { AVERAGING_MOVES, SHARPNESS_MOVES } from './moves-training-averaging.ts'
import { BALANCE_MOVES, LOSS_MOVES } from './moves-training-loss.ts'
import { DECAY_MOVES, OPTIMIZER_MOVES, STABILITY_MOVES } from './moves-training-optimizer.ts'
import { BATCH_MOVES, RATE_MOVES, SCHEDULE_MOVES } from './moves-training-rate.ts'
import type { Move } from './move.ts'
import { change, trainingMove } from './moves-training-change.ts'
import { PHOTO_TRAINING, SMALL_TRAINING } from './training-design.ts'
import type { TrainingDesign } from './training-design.ts'

/** Short side in pixels up to which a stored picture counts as small. */
const SMALL_EDGE = 64

/** What a plain beginning lacks comes as one piece: the high rate needs momentum and fall, and each alone brings little. */
const RECIPE_MOVE = trainingMove({
  id: 'recipe',
  kind: 'recipe',
  title: 'train as speed records do: SGD with momentum, a high rate that rises and falls, smoothed labels',
  why: 'a high rate gets far in few steps, momentum carries it, and the fall settles it: together they bring what none brings alone',
  helps: { undertrained: 0.8, underfitting: 0.3, overfitting: 0.4, unstable: 0.5 },
  prior: 1.5,
  isWhole: true,
  apply: (design, { brief }) => {
    if (design.optimizer.name !== 'adam') return null
    const { optimizer, peakRate, weightDecay, schedule, batchSize, leastStepsAnEpoch, labelSmoothing, why } =
      Math.min(...brief.shape) <= SMALL_EDGE ? SMALL_TRAINING : PHOTO_TRAINING
    return change(design, { optimizer, peakRate, weightDecay, schedule, batchSize, leastStepsAnEpoch, labelSmoothing }, why)
  },
})

/**
 * What an experienced person tries on a training. Priors are points on a pipeline that is sound already, where few changes of the
 * training bring much: the large ones (`recipe`, `anneal`, Adam's rate) only apply to a plain beginning.
 */
export const TRAINING_MOVES: readonly Move<TrainingDesign>[] = [
  RECIPE_MOVE,
  ...RATE_MOVES,
  ...SCHEDULE_MOVES,
  ...OPTIMIZER_MOVES,
  ...DECAY_MOVES,
  ...LOSS_MOVES,
  ...BALANCE_MOVES,
  ...AVERAGING_MOVES,
  ...BATCH_MOVES,
  ...SHARPNESS_MOVES,
  ...STABILITY_MOVES,
]
