/** Share of the training seconds that the looks at train and dev accuracy take, kept out of the steps. */
const EVALUATION_SHARE = 0.04
/** Share that questions about changed pictures take at the end of a training, where they are asked. */
const PROBE_SHARE = 0.03
/** CPU time of the same pipeline was measured within 5 % again and again on a busy machine, the clock within 30 %. */
const SAME_COST = 1.12
/** A schedule that warms up and cools down needs a few steps to be one. */
const MIN_STEPS = 10
/** The deadline is a guard against a hang, not the budget. */
const DEADLINE_FACTOR = 2
const DEADLINE_MARGIN_SECONDS = 30
/** How many deadlines a training may take that goes on steadily: on a machine that turned busy it is slow, not stuck. */
const PATIENCE = 4
/** A training is given so many times what its pace so far says it needs. */
const PACE_MARGIN = 1.5

export type Throughput = {
  readonly imagesPerSecond: number
  readonly batchSize: number
  /** CPU seconds of all threads for an image; null where another device computes. Neighbours disturb it far less than the clock. */
  readonly cpuSecondsPerImage: number | null
}

type Speed = Pick<Throughput, 'imagesPerSecond' | 'batchSize'>

/** The steps of a training and the speed that they follow from; with it, a pipeline is trained again exactly as long. */
export type Pace = Throughput & { readonly steps: number }

export type StepBudget = {
  readonly steps: number
  /** Wall seconds that these steps should take, looks included. */
  readonly expectedSeconds: number
  /** Wall seconds after which the training is stopped, unless its pace shows that it is only slow. */
  readonly deadlineSeconds: number
}

/** Seconds of one training when a trial's seconds are shared by its folds. */
export function secondsPerTraining(trainSeconds: number, folds: number): number {
  return trainSeconds / folds
}

/** Seconds of a training that are left for its steps and looks when it ends with probes. */
export function secondsBesideProbes(trainSeconds: number): number {
  return trainSeconds * (1 - PROBE_SHARE)
}

/** How many optimizer steps fit into the seconds of one training, at the throughput that the smoke run measured. */
export function stepBudget(trainSeconds: number, throughput: Speed): StepBudget {
  const affordable = (trainSeconds * (1 - EVALUATION_SHARE) * throughput.imagesPerSecond) / throughput.batchSize
  // The small addend keeps a whole number whole that rounding brought just below.
  const steps = Math.max(MIN_STEPS, Math.floor(affordable + 1e-6))
  return { steps, ...expectation(steps, throughput) }
}

/**
 * As many steps as cost the CPU what the steps of `base` cost it, so that a change is compared at equal compute whatever else the
 * machine does meanwhile; costs that differ by less than the measurement does count as equal. Null where CPU time says nothing.
 */
export function stepsOfEqualCompute(base: Pace, measured: Throughput): number | null {
  if (base.cpuSecondsPerImage === null || measured.cpuSecondsPerImage === null) return null
  const ratio = measured.cpuSecondsPerImage / base.cpuSecondsPerImage
  const cost = Math.max(ratio, 1 / ratio) < SAME_COST ? 1 : ratio
  return Math.max(MIN_STEPS, Math.round((base.steps * base.batchSize) / (measured.batchSize * cost)))
}

/** What a given number of steps should take. */
export function expectation(steps: number, throughput: Speed): Omit<StepBudget, 'steps'> {
  const expectedSeconds = (steps * throughput.batchSize) / throughput.imagesPerSecond / (1 - EVALUATION_SHARE)
  return { expectedSeconds, deadlineSeconds: DEADLINE_FACTOR * expectedSeconds + DEADLINE_MARGIN_SECONDS }
}

/** The most wall seconds that any pace can earn a training. */
export function utmostSeconds(deadlineSeconds: number): number {
  return PATIENCE * deadlineSeconds
}

/**
 * The deadline of a training of which a share (0..1) is done after some seconds: later than the one it was given where it is slow and goes
 * on, the same where it would never end.
 */
export function extendDeadline(deadlineSeconds: number, elapsedSeconds: number, share: number): number {
  const projected = (PACE_MARGIN * elapsedSeconds) / share
  return projected <= utmostSeconds(deadlineSeconds) ? Math.max(deadlineSeconds, projected) : deadlineSeconds
}
