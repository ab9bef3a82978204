import { AVERAGING_MOVES, SHARPNESS_MOVES } from './moves-training-averaging.ts'
import { BALANCE_MOVES, LOSS_MOVES } from './moves-training-loss.ts'
import { DECAY_MOVES, OPTIMIZER_MOVES, STABILITY_MOVES } from './moves-training-optimizer.ts'
import { BATCH_MOVES, RATE_MOVES, SCHEDULE_MOVES } from './moves-training-rate.ts'
import type { Move } from './move.ts'
import type { TrainingDesign } from './training-design.ts'

/**
 * What an experienced person tries on a training. Priors are points on a pipeline that is sound already, where few changes of the
 * training bring much: the large ones (`anneal`, Adam's rate) only apply to a plain beginning.
 */
export const TRAINING_MOVES: readonly Move<TrainingDesign>[] = [
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
