import { fitWidth } from './model-cost.ts'
import { photoDesign, smallDesign } from './model-design.ts'
import type { ModelDesign, Reasons, Size, StagedDesign, TutorialDesign } from './model-design.ts'
import { modelMove, sizeSeen } from './model-move.ts'
import { BLOCK_MOVES } from './moves-model-blocks.ts'
import { END_MOVES } from './moves-model-ends.ts'
import { SIZE_MOVES } from './moves-model-size.ts'
import type { Move } from './move.ts'
import type { Brief } from '../../core/team.ts'

/** Short side in pixels up to which a stored picture counts as small. */
const SMALL_EDGE = 64
const DROPOUT = 0.3

/** What can be done to a tutorial net: mend it, or replace it by one that is made for the size and the budget. */
const TUTORIAL_MOVES: readonly Move<ModelDesign>[] = [
  modelMove({
    id: 'model/staged',
    kind: 'capacity',
    title: 'replace the tutorial net by stages with norms and a pooled head, sized for the budget',
    why: 'normalised stages learn in a third of the steps, and a pooled head has a hundredth of the parameters',
    helps: { overfitting: 0.5, undertrained: 1, underfitting: 0.5, unstable: 0.5, slow: 0.5 },
    prior: 1.5,
    isWhole: true,
    apply: (design, situation) => (design.family === 'tutorial' ? defaultModel(situation.brief, sizeSeen(situation)) : null),
  }),
  tutorialMove({
    name: 'normalised',
    kind: 'norm',
    title: 'normalise over the batch after each convolution',
    why: 'each layer then meets inputs of the same size',
    helps: { undertrained: 0.5, unstable: 0.5 },
    prior: 0.6,
    reason: 'isNormalised',
    change: ({ isNormalised }) => (isNormalised ? null : { isNormalised: true }),
  }),
  tutorialMove({
    name: 'hidden-dropout',
    kind: 'regularise',
    title: `drop ${DROPOUT * 100} % of the hidden units in training`,
    why: 'the fully connected layer holds nearly all parameters and learns by heart',
    helps: { overfitting: 0.4, underfitting: -0.3, undertrained: -0.2 },
    prior: 0.1,
    reason: 'dropout',
    change: ({ dropout }) => (dropout > 0 ? null : { dropout: DROPOUT }),
  }),
]

/** The Model Engineer's catalogue for nets that are trained from scratch. */
export const MODEL_MOVES: readonly Move<ModelDesign>[] = [...SIZE_MOVES, ...BLOCK_MOVES, ...END_MOVES, ...TUTORIAL_MOVES]

/** The net to start from: by the stored size of the pictures, as wide as the budget allows, for what it sees at `size`. */
export function defaultModel(brief: Brief, size: Size): StagedDesign {
  const design = Math.min(...brief.shape) <= SMALL_EDGE ? smallDesign(size) : photoDesign()
  return fitWidth(design, brief, size)
}

type TutorialMove = Pick<Move<ModelDesign>, 'kind' | 'title' | 'why' | 'helps' | 'prior'> & {
  readonly name: string
  readonly reason: keyof Reasons<TutorialDesign>
  readonly change: (design: TutorialDesign) => Partial<TutorialDesign> | null
}

function tutorialMove({ name, reason, change, ...move }: TutorialMove): Move<ModelDesign> {
  return modelMove({
    ...move,
    id: `model/${name}`,
    apply: (design) => {
      const changed = design.family === 'tutorial' ? change(design) : null
      return changed === null || design.family !== 'tutorial'
        ? null
        : { ...design, ...changed, why: { ...design.why, [reason]: move.why } }
    },
  })
}
