import type { StagedDesign } from './model-design.ts'
import { stagedMove } from './model-move.ts'

/** Batches of so few pictures give noisy statistics. */
const SMALL_BATCH = 32
const STOCHASTIC_DEPTH = 0.1
/** Of the features of the head. */
const DROPOUT_STEPS = [0.2, 0.4, 0.5] as const

/** What stands between stem and head: shortcuts, cheap blocks, gates, norms, activations, noise. */
export const BLOCK_MOVES = [
  stagedMove({
    name: 'residual',
    kind: 'skip',
    title: 'add each refining convolution to what goes in',
    why: 'a shortcut lets the gradient pass, so that depth helps instead of hurting',
    helps: { underfitting: 0.2, undertrained: 0.2, unstable: 0.4 },
    prior: 0.2,
    reason: 'block',
    change: ({ block, blocks }) => (block === 'residual' || hasNone(blocks) ? null : { block: 'residual' }),
  }),
  stagedMove({
    name: 'no-shortcuts',
    kind: 'skip',
    title: 'take the shortcuts out',
    why: 'a shallow net needs none, and each layer then has to do something',
    helps: { overfitting: 0.1 },
    prior: -0.1,
    reason: 'block',
    change: ({ block, blocks }) => (block !== 'residual' || hasNone(blocks) ? null : { block: 'plain', stochasticDepth: 0 }),
  }),
  stagedMove({
    name: 'bottleneck',
    kind: 'efficiency',
    title: 'refine in bottlenecks of half the channels',
    why: 'a third of the cost of a full convolution, and three layers of depth',
    helps: { slow: 0.1 },
    prior: -0.1,
    reason: 'block',
    change: ({ block, blocks }) => (block === 'bottleneck' || hasNone(blocks) ? null : { block: 'bottleneck' }),
  }),
  stagedMove({
    name: 'inverted',
    kind: 'efficiency',
    title: 'use depthwise convolutions with a wide middle (inverted residual blocks)',
    why: 'parameters and multiply-adds of a full convolution are mostly spent on mixing channels again and again',
    helps: { slow: 0.1, overfitting: 0.1 },
    prior: -0.3,
    reason: 'block',
    change: ({ block, blocks }) => (block === 'inverted' || hasNone(blocks) ? null : { block: 'inverted' }),
  }),
  stagedMove({
    name: 'convnext',
    kind: 'efficiency',
    title: 'refine by wide depthwise kernels and a mixing layer (ConvNeXt-like)',
    why: 'each channel looks 5 pixels far, for little',
    helps: { underfitting: 0.1 },
    prior: -0.1,
    reason: 'block',
    change: ({ block, blocks }) => (block === 'convnext' || hasNone(blocks) ? null : { block: 'convnext' }),
  }),
  stagedMove({
    name: 'squeeze-excitation',
    kind: 'attention',
    title: 'weigh channels by what the whole picture shows (squeeze-and-excitation)',
    why: 'what the whole picture shows decides which details count',
    helps: { underfitting: 0.2, confusion: 0.2 },
    prior: 0.2,
    reason: 'hasSqueezeExcitation',
    change: ({ hasSqueezeExcitation, blocks }) => (hasSqueezeExcitation || hasNone(blocks) ? null : { hasSqueezeExcitation: true }),
  }),
  stagedMove({
    name: 'no-squeeze-excitation',
    kind: 'attention',
    title: 'take the channel gates out',
    why: 'what a gate decides can be learnt by heart',
    helps: { overfitting: 0.1, unstable: 0.1 },
    prior: -0.1,
    reason: 'hasSqueezeExcitation',
    change: ({ hasSqueezeExcitation }) => (hasSqueezeExcitation ? { hasSqueezeExcitation: false } : null),
  }),
  stagedMove({
    name: 'group-norm',
    kind: 'norm',
    title: 'normalise groups of channels in each picture, not each channel over the batch',
    why: 'statistics of so small a batch are noise, and differ from those at prediction',
    helps: { unstable: 0.3 },
    prior: -0.4,
    reason: 'norm',
    change: ({ norm }, { evidence, brief }) =>
      norm === 'group' || (evidence?.best.batchSize ?? brief.trainCount) > SMALL_BATCH ? null : { norm: 'group' },
  }),
  stagedMove({
    name: 'batch-norm',
    kind: 'norm',
    title: 'normalise each channel over the batch',
    why: 'batch statistics let the net learn at a higher rate, and their noise regularises',
    helps: { undertrained: 0.2, overfitting: 0.2 },
    prior: 0.4,
    reason: 'norm',
    change: ({ norm }) => (norm === 'batch' ? null : { norm: 'batch' }),
  }),
  ...(['relu', 'gelu', 'silu'] as const).map((activation) =>
    stagedMove({
      name: activation,
      kind: 'norm',
      title: `use ${{ relu: 'ReLU', gelu: 'GELU', silu: 'SiLU' }[activation]} as activation`,
      why: {
        relu: 'features that are switched off cost nothing and generalise well in short trainings',
        gelu: 'a smooth bend lets a little gradient through everywhere',
        silu: 'smooth and not monotonous: weak negative answers keep a meaning',
      }[activation],
      helps: activation === 'relu' ? { undertrained: 0.4 } : { underfitting: 0.2 },
      prior: activation === 'relu' ? 0.1 : 0,
      reason: 'activation' as const,
      change: (design: StagedDesign) => (design.activation === activation ? null : { activation }),
    }),
  ),
  stagedMove({
    name: 'stochastic-depth',
    kind: 'regularise',
    title: `skip residual branches for ${STOCHASTIC_DEPTH * 100} % of the pictures in training`,
    why: 'no branch may rely on another, as in an average of nets',
    helps: { overfitting: 0.3, undertrained: -0.2, underfitting: -0.3 },
    prior: 0,
    reason: 'stochasticDepth',
    change: ({ stochasticDepth, block, blocks }) =>
      stochasticDepth > 0 || block === 'plain' || hasNone(blocks) ? null : { stochasticDepth: STOCHASTIC_DEPTH },
  }),
  stagedMove({
    name: 'more-dropout',
    kind: 'regularise',
    title: 'drop more of the features before the last layer',
    why: 'the head may not rely on a few features',
    helps: { overfitting: 0.4, undertrained: -0.2, underfitting: -0.3 },
    prior: 0,
    reason: 'dropout',
    change: ({ dropout }) => {
      const next = DROPOUT_STEPS.find((step) => step > dropout)
      return next === undefined ? null : { dropout: next }
    },
  }),
  stagedMove({
    name: 'no-dropout',
    kind: 'regularise',
    title: 'keep all features before the last layer',
    why: 'nothing is learnt by heart here, so nothing has to be dropped',
    helps: { underfitting: 0.3, undertrained: 0.2, overfitting: -0.3 },
    prior: 0,
    reason: 'dropout',
    change: ({ dropout }) => (dropout === 0 ? null : { dropout: 0 }),
  }),
]

function hasNone(blocks: readonly number[]): boolean {
  return blocks.every((count) => count === 0)
}
