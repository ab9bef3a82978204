import { change, imbalance, round, trainingMove } from './moves-training-change.ts'
import type { TrainingMove } from './moves-training-change.ts'
import type { Situation } from './move.ts'
import type { Loss, TrainingDesign } from './training-design.ts'

const MOST_SMOOTHING = 0.2
const LEAST_SMOOTHING = 0.05
/** Largest class over smallest from which balancing is worth a trial. */
const IMBALANCED = 3
/** Metrics in which each class counts the same. */
const CLASSWISE = ['balanced-accuracy', 'macro-f1'] as const

export const LOSS_MOVES: readonly TrainingMove[] = [
  trainingMove({
    id: 'smoothing-up',
    kind: 'loss',
    title: 'smooth the labels more',
    why: 'a net that need not be certain of its training pictures learns fewer of them by heart',
    helps: { overfitting: 0.3, confusion: 0.1 },
    prior: 0.05,
    apply: (design) =>
      withSmoothing(design, Math.max(0.1, design.labelSmoothing * 2), 'certainty of single pictures is not asked for'),
  }),
  trainingMove({
    id: 'smoothing-down',
    kind: 'loss',
    title: 'smooth the labels half as much',
    why: 'smoothing holds back a net that is far from certain anyway',
    helps: { underfitting: 0.2, undertrained: 0.2 },
    prior: 0,
    apply: (design) => withSmoothing(design, design.labelSmoothing / 2, 'the net is far from too certain'),
  }),
  lossMove('focal', {
    title: 'count pictures that are right already less (focal loss)',
    why: 'what is learnt stops pulling, so that rare and hard pictures are heard',
    helps: { imbalance: 0.2, confusion: 0.1 },
    prior: -0.2,
    loss: { name: 'focal', focus: 1.5 },
  }),
  lossMove('hardest', {
    title: 'learn from the hardest two thirds of each batch',
    why: 'easy pictures have nothing more to teach, and pairs that are confused are among the hard ones',
    helps: { confusion: 0.3, plateau: 0.1 },
    prior: -0.1,
    loss: { name: 'hardest', share: 0.67 },
  }),
  lossMove('one-against-all', {
    title: 'ask for each class on its own instead of for one of all',
    why: 'a picture that resembles two classes is not forced to push one down to lift the other',
    helps: { confusion: 0.2, overfitting: 0.1 },
    prior: -0.1,
    loss: { name: 'one-against-all' },
  }),
  lossMove('symmetric', {
    title: 'add the reverse cross-entropy',
    why: 'the reverse term is bounded, so that pictures with a wrong label pull less',
    helps: { overfitting: 0.2 },
    prior: -0.1,
    loss: { name: 'symmetric', share: 0.5 },
  }),
  lossMove('truncated', {
    title: 'bound the loss of a single picture',
    why: 'identical pictures with different labels were found, and a bounded loss gives up on what cannot be right',
    helps: { overfitting: 0.3 },
    prior: 0,
    loss: { name: 'truncated', power: 0.5 },
    fits: ({ brief }) => brief.card.duplicates.conflictingLabels > 0,
  }),
]

export const BALANCE_MOVES: readonly TrainingMove[] = [
  trainingMove({
    id: 'class-weights-root',
    kind: 'class-balance',
    title: 'count rare classes more, by the square root of their sizes',
    why: 'rare classes are heard without drowning the others',
    helps: { imbalance: 0.8 },
    prior: -0.1,
    apply: (design, situation) =>
      design.classBalance.name === 'none' && imbalance(situation) >= IMBALANCED
        ? change(design, { classBalance: { name: 'weights', power: 0.5 } }, { classBalance: sizes(situation) })
        : null,
  }),
  trainingMove({
    id: 'class-weights-full',
    kind: 'class-balance',
    title: 'let all classes count the same in the loss',
    why: 'the metric counts all classes the same, so the loss may too',
    helps: { imbalance: 1 },
    prior: -0.1,
    apply: (design, situation) =>
      design.classBalance.name !== 'logit-adjustment' && isWeightedBelow(design, 1) && isClasswise(situation)
        ? change(design, { classBalance: { name: 'weights', power: 1 } }, { classBalance: sizes(situation) })
        : null,
  }),
  trainingMove({
    id: 'logit-adjustment',
    kind: 'class-balance',
    title: 'raise the logits of frequent classes in training by the log of their share',
    why: 'the net then learns what pictures show and not how often a class comes, without giving single rare pictures great weight',
    helps: { imbalance: 1 },
    prior: 0,
    apply: (design, situation) =>
      design.classBalance.name !== 'logit-adjustment' && design.loss.name !== 'one-against-all' && isClasswise(situation)
        ? change(design, { classBalance: { name: 'logit-adjustment', strength: 1 } }, { classBalance: sizes(situation) })
        : null,
  }),
]

type LossParts = Pick<TrainingMove, 'title' | 'why' | 'helps' | 'prior'> & {
  readonly loss: Loss
  readonly fits?: (situation: Situation) => boolean
}

/** From plain cross-entropy to another loss. A bounded loss has no use for smoothing: it asks for no certainty. */
function lossMove(id: string, { loss, fits = () => true, ...parts }: LossParts): TrainingMove {
  return trainingMove({
    id: `loss-${id}`,
    kind: 'loss',
    ...parts,
    apply: (design, situation) => {
      if (design.loss.name !== 'cross-entropy' || !fits(situation)) return null
      if (loss.name === 'one-against-all' && design.classBalance.name === 'logit-adjustment') return null
      const smoothing = loss.name === 'truncated' ? { labelSmoothing: 0 } : {}
      return change(design, { loss, ...smoothing }, { loss: parts.why })
    },
  })
}

function withSmoothing(design: TrainingDesign, labelSmoothing: number, why: string): TrainingDesign | null {
  if (design.loss.name === 'truncated' || labelSmoothing > MOST_SMOOTHING || labelSmoothing === design.labelSmoothing) return null
  const kept = labelSmoothing < LEAST_SMOOTHING ? 0 : round(labelSmoothing)
  return change(design, { labelSmoothing: kept }, kept === 0 ? {} : { labelSmoothing: why })
}

function isWeightedBelow({ classBalance }: TrainingDesign, power: number): boolean {
  return classBalance.name !== 'weights' || classBalance.power < power
}

function isClasswise(situation: Situation): boolean {
  return imbalance(situation) >= IMBALANCED && CLASSWISE.some((name) => name === situation.brief.metric)
}

function sizes(situation: Situation): string {
  return `the largest class has ${Math.round(imbalance(situation))} times the images of the smallest`
}
