/** What a net trained from scratch on pictures of 8 to about 160 px is made of; plain data that `renderModel` writes out as Python. */
export type ModelDesign = StagedDesign | TutorialDesign

/** `plain` has no shortcut; the others add their branch to what goes in. */
export type BlockKind = 'plain' | 'residual' | 'bottleneck' | 'inverted' | 'convnext'
export type Activation = 'relu' | 'gelu' | 'silu'

export type Stem = {
  /** Channels that it gives. */
  readonly width: number
  /** Side of its kernel in pixels: 3 at full size, 4 or 2 where it halves. */
  readonly kernel: number
  readonly stride: 1 | 2
  /** Whether its patches are whitened by what the first training batch shows. */
  readonly isWhitened: boolean
}

/** A stem, then stages that each widen (and mostly halve) once and refine in blocks, then a pooled head. */
export type StagedDesign = {
  readonly family: 'staged'
  readonly stem: Stem
  /** Two input channels more: where each pixel lies. */
  readonly hasCoordinates: boolean
  /** Three input channels more: strength and direction of edges. */
  readonly hasEdges: boolean
  /** Channels of each stage. */
  readonly widths: readonly number[]
  /** Refining blocks of each stage, after the convolution that widens. */
  readonly blocks: readonly number[]
  /** How many stages, from the first on, halve the picture. */
  readonly halvings: number
  /** How they do it: pool after or before the convolution that widens, stride, or a pool that blurs against aliasing. */
  readonly halving: 'pool' | 'pool-first' | 'stride' | 'blur'
  /** Whether a pool keeps an odd last row and column. */
  readonly keepsEdge: boolean
  readonly block: BlockKind
  /** Share of pictures that skip a residual branch in training; 0 for none. */
  readonly stochasticDepth: number
  readonly norm: 'batch' | 'group'
  readonly activation: Activation
  readonly hasSqueezeExcitation: boolean
  /** How the places of a map become one number a channel. */
  readonly pooling: 'max' | 'mean' | 'both' | 'generalised'
  /** Whether the head also sees the stage before the last. */
  readonly isMultiScale: boolean
  /** Units of a hidden layer in the head; 0 for none. */
  readonly hidden: number
  /** Share of features that the head loses in training; 0 for none. */
  readonly dropout: number
  /** Whether the head compares directions instead of taking a weighted sum. */
  readonly isCosine: boolean
  readonly why: Reasons<StagedDesign>
}

/** The net of many tutorials: convolution, ReLU, pool, some times over, then two fully connected layers. */
export type TutorialDesign = {
  readonly family: 'tutorial'
  readonly widths: readonly number[]
  /** Units of the first fully connected layer. */
  readonly hidden: number
  /** Whether batch normalisation follows each convolution. */
  readonly isNormalised: boolean
  /** Share of the hidden units that is left out in training; 0 for none. */
  readonly dropout: number
  readonly why: Reasons<TutorialDesign>
}

/** The reason that the rendered comment gives for a choice: a clause in lower case, without a full stop. */
export type Reasons<D> = Readonly<Partial<Record<Exclude<keyof D, 'family' | 'why'>, string>>>

/** Height and width in pixels. */
export type Size = readonly [number, number]

/** Short side in pixels above which the stem halves the picture: what is seen at full size costs four times as much. */
const HALVED_SIDE = 40
/** A stage may halve while this many pixels of the short side are left. */
const LEAST_SIDE = 3
const TUTORIAL_WIDTHS = [32, 64, 128] as const

const BARE = {
  family: 'staged',
  hasCoordinates: false,
  hasEdges: false,
  stochasticDepth: 0,
  norm: 'batch',
  hasSqueezeExcitation: false,
  isMultiScale: false,
  hidden: 0,
  isCosine: false,
} as const

/** For pictures of up to 64 px that are seen at `size`: the shape of the small-image speed records, few channels at full size. */
export function smallDesign(size: Size): StagedDesign {
  const isHalved = Math.min(...size) > HALVED_SIDE
  const side = Math.floor(Math.min(...size) / (isHalved ? 2 : 1))
  const halvings = Math.min(3, Math.floor(Math.log2(Math.max(1, side / LEAST_SIDE))))
  return {
    ...BARE,
    stem: { width: 8, kernel: isHalved ? 4 : 3, stride: isHalved ? 2 : 1, isWhitened: false },
    widths: [16, 48, 96],
    blocks: [1, 1, 1],
    halvings,
    halving: 'pool',
    keepsEdge: false,
    block: 'plain',
    activation: 'relu',
    pooling: 'max',
    dropout: 0,
    why: {},
  }
}

/** For photos and scans above 64 px: early downsampling, residual branches, mean and maximum in the head. */
export function photoDesign(): StagedDesign {
  return {
    ...BARE,
    stem: { width: 24, kernel: 4, stride: 2, isWhitened: false },
    widths: [24, 48, 96, 144],
    blocks: [1, 1, 1, 1],
    halvings: 4,
    halving: 'pool',
    keepsEdge: true,
    block: 'residual',
    activation: 'gelu',
    pooling: 'both',
    dropout: 0.2,
    why: {},
  }
}

/** The same net with nothing in its stages but what widens and halves. */
export function withoutRefining(design: StagedDesign): StagedDesign {
  return { ...design, blocks: design.blocks.map(() => 0) }
}

/** The tutorial net with as many convolutions as pools leave a pixel for. */
export function tutorialDesign(size: Size): TutorialDesign {
  const pools = Math.floor(Math.log2(Math.max(2, Math.min(...size))))
  return { family: 'tutorial', widths: TUTORIAL_WIDTHS.slice(0, pools), hidden: 128, isNormalised: false, dropout: 0, why: {} }
}
