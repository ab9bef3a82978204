/** How a pipeline is trained; plain data that `renderTraining` writes out as Python. */
export type TrainingDesign = {
  readonly optimizer: Optimizer
  /** The optimizer's highest rate, for a batch of `batchSize`. */
  readonly peakRate: number
  /** Coupled to the gradient for `sgd` and `adam`; for the others a share of the weight, times the rate, a step. */
  readonly weightDecay: number
  /** `weights` leaves norms and biases out. */
  readonly decayed: 'weights' | 'everything'
  /** Rate of the last layer as a multiple of the others'. */
  readonly headRate: number
  readonly schedule: Schedule
  /** Images. */
  readonly batchSize: number
  /** With fewer images than this many batches the batch shrinks, and the rate with it; null for a batch that is what it is. */
  readonly leastStepsAnEpoch: number | null
  readonly loss: Loss
  /** Share of each target that is spread over all classes; 0 for none. */
  readonly labelSmoothing: number
  readonly classBalance: ClassBalance
  readonly averaging: Averaging
  /** Longest gradient, as an L2 norm over all weights. */
  readonly clipNorm: number | null
  readonly gradient: Gradient
  readonly lookahead: Lookahead | null
  readonly sharpness: Sharpness | null
  readonly distillation: Distillation | null
  readonly why: Reasons
}

/** The reason that the rendered comment gives for a choice: a clause in lower case, without a full stop. */
export type Reasons = Readonly<Partial<Record<Exclude<keyof TrainingDesign, 'why'>, string>>>

/** `muon` is for all weights but the last layer's; `restRate` is the peak rate of `rest`, which does the others. */
export type Optimizer =
  | { readonly name: 'sgd'; readonly momentum: number }
  | { readonly name: 'adam' | 'adamw' | 'lion'; readonly betas: readonly [number, number] }
  | { readonly name: 'muon'; readonly momentum: number; readonly rest: 'sgd' | 'adamw'; readonly restRate: number }

/** The rate over the training as a share of the peak. `warmUp` is the share of the steps in which it rises, `final` where it ends. */
export type Schedule =
  | { readonly shape: 'constant'; readonly warmUp: number }
  /** Times `factor` at each of the shares `at` of the steps. */
  | { readonly shape: 'steps'; readonly warmUp: number; readonly at: readonly number[]; readonly factor: number }
  | { readonly shape: 'triangle' | 'cosine' | 'one-cycle'; readonly warmUp: number; readonly final: number }
  /** Constant, then a straight fall over the last `decay` of the steps. */
  | { readonly shape: 'stable-decay'; readonly warmUp: number; readonly decay: number; readonly final: number }
  /** Cosine falls one after another. */
  | { readonly shape: 'restarts'; readonly warmUp: number; readonly cycles: number }

export type Loss =
  | { readonly name: 'cross-entropy' }
  /** Images that are right already count less, by (1 - probability) to the power of `focus`. */
  | { readonly name: 'focal'; readonly focus: number }
  /** Only this share of each batch counts: the images with the largest losses. */
  | { readonly name: 'hardest'; readonly share: number }
  /** Each class against all others, with a sigmoid of its own. */
  | { readonly name: 'one-against-all' }
  /** (1 - probability ^ power) / power: bounded, so that a wrong label can only pull so hard. */
  | { readonly name: 'truncated'; readonly power: number }
  /** Cross-entropy plus `share` times the probability that is missing from the right class. */
  | { readonly name: 'symmetric'; readonly share: number }

export type ClassBalance =
  | { readonly name: 'none' }
  /** Each image counts by (mean class / its class) to this power. */
  | { readonly name: 'weights'; readonly power: number }
  /** Logits in training are raised by this many times the log of the class's share. */
  | { readonly name: 'logit-adjustment'; readonly strength: number }

export type Averaging =
  | { readonly name: 'none' }
  | { readonly name: 'ema'; readonly decay: number }
  /** Equal weights over the last `share` of the steps. */
  | { readonly name: 'tail'; readonly share: number }

export type Gradient =
  | { readonly name: 'plain' }
  /** Without its mean over the inputs of each output. */
  | { readonly name: 'centred' }
  /** With noise of `deviation` times its own root mean square, which the schedule takes away. */
  | { readonly name: 'noisy'; readonly deviation: number }

/** Every `steps` steps the weights are drawn back to `share` of the way that they went. */
export type Lookahead = { readonly steps: number; readonly share: number }

/** Each step, from the share `from` of the training on, uses the gradient at the worst point within `radius` of the weights. */
export type Sharpness = { readonly radius: number; readonly from: number }

/** From the share `from` of the training on, `share` of the loss is to agree with the averaged net. */
export type Distillation = { readonly share: number; readonly from: number }

/** The speed records' training of a small net, for pictures of up to 64 px. */
export const SMALL_TRAINING: TrainingDesign = {
  optimizer: { name: 'sgd', momentum: 0.9 },
  peakRate: 0.1,
  weightDecay: 5e-4,
  decayed: 'weights',
  headRate: 1,
  schedule: { shape: 'triangle', warmUp: 0.2, final: 0 },
  batchSize: 128,
  leastStepsAnEpoch: 4,
  loss: { name: 'cross-entropy' },
  labelSmoothing: 0.1,
  classBalance: { name: 'none' },
  averaging: { name: 'none' },
  clipNorm: null,
  gradient: { name: 'plain' },
  lookahead: null,
  sharpness: null,
  distillation: null,
  why: {
    peakRate: 'as in the small-image speed records',
    schedule: 'as in the speed records',
    labelSmoothing: 'so that no certainty is asked for',
  },
}

/** The same for larger pictures, of which a second of training sees fewer: a smaller batch makes more steps of them. */
export const PHOTO_TRAINING: TrainingDesign = {
  ...SMALL_TRAINING,
  peakRate: 0.05,
  batchSize: 64,
  leastStepsAnEpoch: 8,
  why: { ...SMALL_TRAINING.why, peakRate: 'per picture as in the small-image speed records' },
}

/** What many tutorials do. */
export const TUTORIAL_TRAINING: TrainingDesign = {
  ...SMALL_TRAINING,
  optimizer: { name: 'adam', betas: [0.9, 0.999] },
  peakRate: 1e-3,
  weightDecay: 0,
  schedule: { shape: 'constant', warmUp: 0 },
  batchSize: 64,
  leastStepsAnEpoch: null,
  labelSmoothing: 0,
  why: { peakRate: "Adam's own default" },
}

/** Fewest images of a batch that shrinks. */
export const SMALLEST_BATCH = 16

/** Images of a batch when there are `trainCount` to fit on. */
export function effectiveBatch({ batchSize, leastStepsAnEpoch }: TrainingDesign, trainCount: number): number {
  if (leastStepsAnEpoch === null) return Math.min(batchSize, trainCount)
  return Math.max(SMALLEST_BATCH, Math.min(batchSize, Math.floor(trainCount / leastStepsAnEpoch)))
}

/** Whether the training needs a loop of its own (`fit`) because the harness's cannot do it. */
export function ownsLoop({ averaging, sharpness, distillation }: TrainingDesign): boolean {
  return averaging.name === 'tail' || sharpness !== null || distillation !== null
}
