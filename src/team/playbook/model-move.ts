import type { ModelDesign, Reasons, Size, StagedDesign } from './model-design.ts'
import { REFERENCE_STEP_COST, stepCost } from './model-cost.ts'
import type { Move, Situation } from './move.ts'

/** With fewer passes over the pictures a training is over before the rate has come down. */
const LEAST_PASSES = 3
/** A step this much slower counts as dearer. */
const DEARER = 1.05

/** A move on a staged net, in short: what it changes, or null, and where its reason is written. */
export type StagedMove = {
  /** After "model/". */
  readonly name: string
  readonly kind: string
  readonly title: string
  /** A clause in lower case: the reason in the rendered comment too. */
  readonly why: string
  readonly helps?: Move<ModelDesign>['helps']
  /** Points at an equal number of steps: what slower or faster steps are worth is counted apart. */
  readonly prior: number
  readonly reason: keyof Reasons<StagedDesign>
  readonly change: (design: StagedDesign, situation: Situation) => Partial<StagedDesign> | null
}

export function stagedMove({ name, reason, change, helps = {}, ...move }: StagedMove): Move<ModelDesign> {
  return modelMove({
    ...move,
    helps,
    id: `model/${name}`,
    apply: (design, situation) => {
      const changed = design.family === 'staged' ? change(design, situation) : null
      return changed === null || design.family !== 'staged'
        ? null
        : { ...design, ...changed, why: { ...design.why, [reason]: move.why } }
    },
  })
}

type Uncosted = Omit<Move<ModelDesign>, 'component' | 'cost' | 'labelRisk'>

/** Counts the cost of a move by the steps of the two nets, and refuses it where the budget leaves too few passes. */
export function modelMove(move: Uncosted): Move<ModelDesign> {
  const ratio = (before: ModelDesign, after: ModelDesign, situation: Situation) =>
    stepSeconds(after, situation) / stepSeconds(before, situation)
  return {
    ...move,
    component: 'model',
    labelRisk: null,
    cost: ratio,
    apply: (design, situation) => {
      const changed = move.apply(design, situation)
      if (changed === null) return null
      const dearer = ratio(design, changed, situation)
      return dearer > DEARER && passes(design, situation) / dearer < LEAST_PASSES ? null : changed
    },
  }
}

/** Height and width of what the net sees: IMAGE_SIZE of the best data.py, else the stored size. */
export function sizeSeen({ brief, evidence }: Situation): Size {
  const source = evidence?.best.pipeline.data ?? ''
  const match = /^IMAGE_SIZE = \(?(\d+)(?:, (\d+)\))?/m.exec(source)
  if (match === null) return brief.shape
  return [Number(match[1]), Number(match[2] ?? match[1])]
}

/** Passes over the pictures that the budget allows: as measured, or else as told by the machine's reference net. */
function passes(design: ModelDesign, situation: Situation): number {
  const { brief, evidence } = situation
  const { imagesPerSecond } = evidence?.best ?? { imagesPerSecond: brief.machine.referenceSpeed / stepSeconds(design, situation) }
  return (imagesPerSecond * brief.trainSeconds) / Math.max(1, brief.trainCount)
}

/** In steps of the reference net. */
function stepSeconds(design: ModelDesign, situation: Situation): number {
  return stepCost(design, situation.brief.channels, sizeSeen(situation)) / REFERENCE_STEP_COST
}
