import type { StagedDesign } from './model-design.ts'
import { sizesOf } from './model-layers.ts'
import { sizeSeen, stagedMove } from './model-move.ts'
import type { Situation } from './move.ts'

const WIDER = 1.5
/** A stage may halve while this many pixels of the short side are left before it. */
const HALVES_FROM = 6
const MOST_STAGES = 6
const MOST_BLOCKS = 4

/** How large the net is, and where its work is done. Priors: within a budget widths differ by less than seed noise (Fashion-MNIST). */
export const SIZE_MOVES = [
  stagedMove({
    name: 'wider',
    kind: 'capacity',
    title: 'make every layer half again as wide',
    why: 'more channels can tell more apart',
    helps: { underfitting: 0.6, confusion: 0.2, plateau: 0.1 },
    prior: 0.2,
    reason: 'widths',
    change: (design) => scaled(design, WIDER),
  }),
  stagedMove({
    name: 'narrower',
    kind: 'efficiency',
    title: 'make every layer a third narrower',
    why: 'a narrower net makes twice as many steps in the same time',
    helps: { overfitting: 0.2, undertrained: 0.2, slow: 0.1 },
    prior: -0.1,
    reason: 'widths',
    change: (design) => (design.stem.width <= 4 ? null : scaled(design, 1 / WIDER)),
  }),
  stagedMove({
    name: 'deeper',
    kind: 'capacity',
    title: 'refine once more in each of the last two stages',
    why: 'depth is cheap where the maps are small',
    helps: { underfitting: 0.5, confusion: 0.2 },
    prior: 0.2,
    reason: 'blocks',
    change: ({ blocks }) => {
      const deeper = blocks.map((count, index) => count + (index >= blocks.length - 2 ? 1 : 0))
      return Math.max(...deeper) > MOST_BLOCKS ? null : { blocks: deeper }
    },
  }),
  stagedMove({
    name: 'shallower',
    kind: 'efficiency',
    title: 'refine once less in every stage',
    why: 'fewer layers make more steps in the same time, and learn faster in few',
    helps: { overfitting: 0.1, undertrained: 0.1, slow: 0.1, unstable: 0.2 },
    prior: -0.3,
    reason: 'blocks',
    change: ({ blocks }) => (blocks.some((count) => count > 0) ? { blocks: blocks.map((count) => Math.max(0, count - 1)) } : null),
  }),
  stagedMove({
    name: 'another-stage',
    kind: 'capacity',
    title: 'add a stage, half again as wide as the last',
    why: 'a further stage sees the picture as a whole, at little cost',
    helps: { underfitting: 0.3, confusion: 0.2 },
    prior: 0,
    reason: 'widths',
    change: withAnotherStage,
  }),
  stagedMove({
    name: 'fewer-stages',
    kind: 'efficiency',
    title: 'leave out the last stage',
    why: 'the widest stage holds most of the parameters, which few pictures cannot fill',
    helps: { overfitting: 0.3 },
    prior: -0.3,
    reason: 'widths',
    change: ({ widths, blocks, halvings }) =>
      widths.length < 3
        ? null
        : { widths: widths.slice(0, -1), blocks: blocks.slice(0, -1), halvings: Math.min(halvings, widths.length - 1) },
  }),
  stagedMove({
    name: 'later-halving',
    kind: 'capacity',
    title: 'keep the size in the last stage that halves',
    why: 'finer maps keep small differences apart',
    helps: { underfitting: 0.2, confusion: 0.3 },
    prior: 0,
    reason: 'halvings',
    change: ({ halvings }) => (halvings < 2 ? null : { halvings: halvings - 1 }),
  }),
  stagedMove({
    name: 'earlier-halving',
    kind: 'efficiency',
    title: 'halve the picture in one stage more',
    why: 'coarser maps cost a quarter',
    helps: { slow: 0.1 },
    prior: -0.2,
    reason: 'halvings',
    change: (design, situation) =>
      design.halvings < design.widths.length && lastSide(design, situation) >= HALVES_FROM
        ? { halvings: design.halvings + 1 }
        : null,
  }),
  stagedMove({
    name: 'pool-first',
    kind: 'efficiency',
    title: 'pool before the convolution that widens, not after it',
    why: 'the convolution that widens then costs a quarter',
    helps: { slow: 0.1, undertrained: 0.1 },
    prior: -0.4,
    reason: 'halving',
    change: ({ halving, halvings }) => (halving === 'pool-first' || halvings === 0 ? null : { halving: 'pool-first' }),
  }),
  stagedMove({
    name: 'stride',
    kind: 'efficiency',
    title: 'halve by the stride of the convolution that widens',
    why: 'the net learns what to keep, for a quarter of the cost of pooling afterwards',
    helps: { slow: 0.2, undertrained: 0.4 },
    prior: 0,
    reason: 'halving',
    change: ({ halving, halvings }) => (halving === 'stride' || halvings === 0 ? null : { halving: 'stride' }),
  }),
  stagedMove({
    name: 'pool-after',
    kind: 'capacity',
    title: 'pool after the convolution that widens',
    why: 'the strongest answer of four places survives',
    helps: { underfitting: 0.2 },
    prior: 0.3,
    reason: 'halving',
    change: ({ halving, halvings }) => (halving === 'pool' || halvings === 0 ? null : { halving: 'pool' }),
  }),
  stagedMove({
    name: 'blurred-pool',
    kind: 'pooling',
    title: 'blur while pooling, against aliasing',
    why: 'a shift by a pixel should not change the answer',
    helps: { overfitting: 0.2, confusion: 0.1 },
    prior: -0.2,
    reason: 'halving',
    change: (design, situation) =>
      design.halving === 'blur' || design.halvings === 0 || lastSide(design, situation) < 2 ? null : { halving: 'blur' },
  }),
]

function scaled(design: StagedDesign, factor: number): Partial<StagedDesign> {
  const scale = (width: number) => {
    const step = width < 16 ? 2 : 4
    return Math.max(step, Math.round((width * factor) / step) * step)
  }
  return { stem: { ...design.stem, width: scale(design.stem.width) }, widths: design.widths.map(scale) }
}

function withAnotherStage(design: StagedDesign, situation: Situation): Partial<StagedDesign> | null {
  const { widths, blocks, halvings } = design
  if (widths.length >= MOST_STAGES) return null
  const width = Math.round(((widths.at(-1) ?? 0) * WIDER) / 4) * 4
  const isHalved = halvings === widths.length && lastSide(design, situation) >= HALVES_FROM
  return { widths: [...widths, width], blocks: [...blocks, 1], halvings: halvings + (isHalved ? 1 : 0) }
}

/** Pixels of the short side of the last map. */
function lastSide(design: StagedDesign, situation: Situation): number {
  return Math.min(...(sizesOf(design, sizeSeen(situation)).at(-1) ?? [0]))
}
