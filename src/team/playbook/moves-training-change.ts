import type { Move, Situation } from './move.ts'
import { effectiveBatch } from './training-design.ts'
import type { Optimizer, Reasons, TrainingDesign } from './training-design.ts'

export type TrainingMove = Move<TrainingDesign>

/** A move of this component: none changes a picture, and most leave the cost of a step alone. */
export function trainingMove(
  move: Omit<TrainingMove, 'component' | 'labelRisk' | 'cost'> & { readonly cost?: number },
): TrainingMove {
  return { component: 'training', labelRisk: null, cost: 1, ...move, id: `training/${move.id}` }
}

/** The design with some choices replaced, and with the reasons of the new ones in place of the old. */
export function change(design: TrainingDesign, patch: Partial<Omit<TrainingDesign, 'why'>>, why: Reasons): TrainingDesign {
  const kept = Object.entries(design.why).filter(([key]) => !Object.hasOwn(patch, key))
  return { ...design, ...patch, why: { ...Object.fromEntries(kept), ...why } }
}

/** Steps of one training: measured, or before that what the machine's reference net would make of the time. */
export function stepsOf(design: TrainingDesign, { brief, evidence }: Situation): number {
  if (evidence !== null) return evidence.best.steps
  return (brief.trainSeconds * brief.machine.referenceSpeed) / effectiveBatch(design, brief.trainCount)
}

/** Images of the largest class over those of the smallest. */
export function imbalance({ brief }: Situation): number {
  return Math.max(...brief.classCounts) / Math.max(1, Math.min(...brief.classCounts))
}

/** A rate given for 128 images, for a batch of another size: in proportion for SGD, else with the square root. */
export function rateFor(name: Optimizer['name'], rateAt128: number, batchSize: number): number {
  return round(rateAt128 * batchScale(name, batchSize / 128))
}

/** What a rate is multiplied with when the batch is. */
export function batchScale(name: Optimizer['name'], factor: number): number {
  return name === 'sgd' ? factor : Math.sqrt(factor)
}

/** To three digits, so that two ways to one number are one design. */
export function round(value: number): number {
  return Number(value.toPrecision(3))
}
