import type { Brief, Evidence } from '../../core/team.ts'
import type { Component } from '../../core/pipeline.ts'
import type { ProbeName } from '../../core/evaluation.ts'

/** What the evidence says holds a pipeline back; the Analyst names one, moves say which they help. */
export const BOTTLENECKS = [
  /** Train accuracy far above dev: the pictures are learnt by heart. */
  'overfitting',
  /** Train accuracy low and still rising at the end: too few or too slow steps. */
  'undertrained',
  /** Train accuracy low and flat although there were passes enough: the net or its input sees too little. */
  'underfitting',
  /** Loss jumps, or the start is lost: rate, warm-up, initial scale. */
  'unstable',
  /** Some classes have far fewer images, or far lower recall. */
  'imbalance',
  /** A few pairs of classes make most of the errors. */
  'confusion',
  /** Much of the time goes into data or into a net wider than the passes allow. */
  'slow',
  /** None of these stands out: what is left are many small gains. */
  'plateau',
] as const
export type Bottleneck = (typeof BOTTLENECKS)[number]

/** What a move may look at. `evidence` is null before anything was trained (the Architect, random sampling). */
export type Situation = { readonly brief: Brief; readonly evidence: Evidence | null }

/** One thing an experienced practitioner would try on one component. `D` is the design of that component. */
export type Move<D> = {
  /** `<component>/<name>`, unique in the catalogue. */
  readonly id: string
  readonly component: Component
  /** Family of moves that tend to pay or not together: what a run learns about. */
  readonly kind: string
  /** Imperative, with its constant: "cut out squares of a quarter of the side". */
  readonly title: string
  /** Why it may help, in a sentence. */
  readonly why: string
  /** Expected gain in points of accuracy (0..100) where that bottleneck is the main one. */
  readonly helps: Readonly<Partial<Record<Bottleneck, number>>>
  /** Expected gain in points whatever the bottleneck. */
  readonly prior: number
  /** Seconds a step against before, 1 where nothing changes; a function where it depends on the design. */
  readonly cost: number | ((before: D, after: D, situation: Situation) => number)
  /** The change of a picture that has to leave its meaning alone, or null. */
  readonly labelRisk: ProbeName | null
  /** It replaces all of its component, so that what it brings depends on the other two: it may come again when one of them has changed. */
  readonly isWhole?: true
  /** The new design; null where the move does not apply or is in force already. */
  readonly apply: (design: D, situation: Situation) => D | null
}
