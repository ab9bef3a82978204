import type { StagedDesign } from './model-design.ts'
import { seenChannels } from './model-layers.ts'
import { sizeSeen, stagedMove } from './model-move.ts'

/** Numbers of one patch beyond which most directions are noise, which whitening would only make loud; likewise where a stem halves. */
const MOST_PATCH_NUMBERS = 64
/** Short side in pixels from which a stem may halve. */
const HALVED_FROM = 24
/** Hidden units of a head. */
const HIDDEN = 128
/** Images a class below which fixed features are worth their place. */
const FEW_A_CLASS = 100

/** What the net is shown and how it takes the first look. */
const STEM_MOVES = [
  stagedMove({
    name: 'whitened-stem',
    kind: 'stem',
    title: 'whiten the patches that the first convolution sees',
    why: 'neighbouring pixels say nearly the same, and a net learns slowly from inputs that do',
    helps: { undertrained: 0.2, unstable: 0.1 },
    prior: -0.1,
    reason: 'stem',
    change: (design, { brief }) => {
      const numbers = seenChannels(design, brief.channels) * design.stem.kernel ** 2
      const isCoarse = design.stem.stride > 1 || numbers > MOST_PATCH_NUMBERS
      return design.stem.isWhitened || isCoarse ? null : { stem: { ...design.stem, isWhitened: true } }
    },
  }),
  stagedMove({
    name: 'halving-stem',
    kind: 'stem',
    title: 'halve the picture in the first convolution (4 x 4, stride 2)',
    why: 'what is seen at full size costs four times as much',
    helps: { slow: 0.2, undertrained: 0.1 },
    prior: -0.5,
    reason: 'stem',
    change: ({ stem }, situation) =>
      stem.stride === 2 || Math.min(...sizeSeen(situation)) < HALVED_FROM ? null : { stem: { ...stem, kernel: 4, stride: 2 } },
  }),
  stagedMove({
    name: 'patch-stem',
    kind: 'stem',
    title: 'cut the picture into patches of 2 x 2 pixels first',
    why: 'patches that do not overlap halve the picture for next to nothing',
    helps: { slow: 0.2, undertrained: 0.1 },
    prior: -0.6,
    reason: 'stem',
    change: ({ stem }, situation) =>
      stem.kernel === 2 || Math.min(...sizeSeen(situation)) < HALVED_FROM ? null : { stem: { ...stem, kernel: 2, stride: 2 } },
  }),
  stagedMove({
    name: 'full-size-stem',
    kind: 'stem',
    title: 'take the first look at full size (3 x 3, stride 1)',
    why: 'small details are lost where the first layer halves the picture',
    helps: { underfitting: 0.2, confusion: 0.3 },
    prior: 0.4,
    reason: 'stem',
    change: ({ stem }) => (stem.stride === 1 ? null : { stem: { ...stem, kernel: 3, stride: 1 } }),
  }),
  stagedMove({
    name: 'coordinates',
    kind: 'input-features',
    title: 'tell the net where each pixel lies',
    why: 'in pictures that are aligned, the place of a detail says as much as its look',
    helps: { confusion: 0.1 },
    prior: 0,
    reason: 'hasCoordinates',
    change: ({ hasCoordinates, stem }) => (hasCoordinates || stem.isWhitened ? null : { hasCoordinates: true }),
  }),
  stagedMove({
    name: 'edges',
    kind: 'input-features',
    title: 'show the net strength and direction of edges',
    why: 'edges hold under a change of light, and few pictures are not enough to learn them',
    helps: { overfitting: 0.2, underfitting: 0.1 },
    prior: 0,
    reason: 'hasEdges',
    change: ({ hasEdges, stem }, { brief }) =>
      hasEdges || stem.isWhitened || brief.trainCount / brief.classes.length > FEW_A_CLASS ? null : { hasEdges: true },
  }),
]

const POOLINGS = {
  max: ['take the maximum over places', 'one place where the thing is seen is enough', 0.1],
  mean: ['take the mean over places', 'every place counts, and no single one decides', -0.1],
  both: ['take the mean and the maximum over places', 'the maximum says whether, the mean how much', 0.1],
  generalised: ['take the generalised mean over places', 'between mean and maximum: strong places count more, none alone', 0],
} as const

/** How the last maps become logits. */
const HEAD_MOVES = [
  ...(['max', 'mean', 'both', 'generalised'] as const).map((pooling) =>
    stagedMove({
      name: `pool-${pooling}`,
      kind: 'pooling',
      title: POOLINGS[pooling][0],
      why: POOLINGS[pooling][1],
      helps: pooling === 'mean' ? { overfitting: 0.1 } : { confusion: 0.1 },
      prior: POOLINGS[pooling][2],
      reason: 'pooling' as const,
      change: (design: StagedDesign) => (design.pooling === pooling ? null : { pooling }),
    }),
  ),
  stagedMove({
    name: 'multi-scale',
    kind: 'head',
    title: 'let the head see the last two stages',
    why: 'small and large things decide in turn',
    helps: { confusion: 0.2, underfitting: 0.1 },
    prior: 0,
    reason: 'isMultiScale',
    change: ({ isMultiScale, widths }) => (isMultiScale || widths.length < 2 ? null : { isMultiScale: true }),
  }),
  stagedMove({
    name: 'hidden-layer',
    kind: 'head',
    title: `add a hidden layer of ${HIDDEN} units to the head`,
    why: 'what several features mean together is then weighed too',
    helps: { underfitting: 0.2, confusion: 0.1, overfitting: -0.2 },
    prior: -0.1,
    reason: 'hidden',
    change: ({ hidden }) => (hidden > 0 ? null : { hidden: HIDDEN }),
  }),
  stagedMove({
    name: 'cosine-head',
    kind: 'head',
    title: 'compare directions in the head (cosine), not sizes',
    why: 'classes with many or bright pictures get no advantage by larger weights',
    helps: { imbalance: 0.4, overfitting: 0.1, undertrained: -0.5 },
    prior: -0.5,
    reason: 'isCosine',
    change: ({ isCosine }) => (isCosine ? null : { isCosine: true }),
  }),
  stagedMove({
    name: 'linear-head',
    kind: 'head',
    title: 'use a plain linear layer as head',
    why: 'how strong the features are says how sure to be',
    helps: { underfitting: 0.1, undertrained: 0.2 },
    prior: 0.1,
    reason: 'hidden',
    change: ({ isCosine, hidden }) => (isCosine || hidden > 0 ? { isCosine: false, hidden: 0 } : null),
  }),
]

export const END_MOVES = [...STEM_MOVES, ...HEAD_MOVES]
