import { dataCostRatio, imagesPerSecond } from './data-cost.ts'
import { plainData } from './data-design.ts'
import type { DataDesign, Reasons } from './data-design.ts'
import { fingerprintOf } from './fingerprint.ts'
import { hasNoUp, hasUpright } from './label-names.ts'
import type { Move, Situation } from './move.ts'

/** Widest over narrowest shape from which pictures count as of several shapes. */
const SEVERAL_SHAPES = 1.15

/** What the conditions of a move look at. */
export type DataFacts = {
  readonly isColour: boolean
  /** Passes over the training pictures that the seconds allow. */
  readonly passes: number
  /** Short side in pixels of what the model sees. */
  readonly side: number
  /** Stored [height, width] in pixels. */
  readonly stored: readonly [number, number]
  /** Whether pictures come in several shapes (width over height). */
  readonly isUneven: boolean
  /** Largest class over smallest. */
  readonly imbalance: number
  readonly trainCount: number
  /** Whether each class counts the same for the metric, whatever its size. */
  readonly isBalancedMetric: boolean
  /** Whether pictures may be stood on another side: the names say so, or a trained model can be asked and they say nothing against it. */
  readonly mayBeTurned: boolean
}

/** A move on a data design, in short: what it changes, or null, and where its reason is written. */
export type DataMove = {
  /** After "data/". */
  readonly name: string
  readonly kind: string
  readonly title: string
  /** A clause in lower case: the reason in the rendered comment too. */
  readonly why: string
  readonly helps?: Move<DataDesign>['helps']
  /** Points at an equal number of steps: what slower or faster steps are worth is counted apart. */
  readonly prior: number
  readonly labelRisk?: Move<DataDesign>['labelRisk']
  /** Null where what it does leaves nothing behind that could have a comment. */
  readonly reason: keyof Reasons | null
  readonly change: (design: DataDesign, facts: DataFacts) => Partial<DataDesign> | null
}

export function dataMove({ name, reason, change, helps = {}, labelRisk = null, ...move }: DataMove): Move<DataDesign> {
  return {
    ...move,
    id: `data/${name}`,
    component: 'data',
    helps,
    labelRisk,
    cost: dataCostRatio,
    apply: (design, situation) => {
      const changed = change(design, factsOf(design, situation))
      if (changed === null) return null
      const why = reason === null ? design.why : { ...design.why, [reason]: move.why }
      const next = withoutIdleReasons({ ...design, ...changed, why })
      return fingerprintOf(next) === fingerprintOf(design) ? null : next
    },
  }
}

function factsOf(design: DataDesign, situation: Situation): DataFacts {
  const { brief, evidence } = situation
  const counts = brief.classCounts.map((count) => Math.max(1, count))
  const trainCount = Math.max(1, brief.trainCount)
  const { aspect } = brief.card.sizes
  return {
    isColour: brief.channels === 3,
    passes: (imagesPerSecond(design.imageSize, situation) * brief.trainSeconds) / trainCount,
    side: Math.min(...design.imageSize),
    stored: brief.shape,
    isUneven: aspect.max / Math.max(1e-9, aspect.min) > SEVERAL_SHAPES,
    imbalance: Math.max(...counts) / Math.min(...counts),
    trainCount,
    isBalancedMetric: brief.metric === 'balanced-accuracy' || brief.metric === 'macro-f1',
    mayBeTurned: hasNoUp(brief) || (evidence?.best.dev?.probes != null && !hasUpright(brief)),
  }
}

/** Leaves out the reasons of what is not done: nothing in the rendered file could carry them. */
function withoutIdleReasons(design: DataDesign): DataDesign {
  const plain = plainData(design.imageSize)
  const isIdle = (key: string) =>
    key !== 'imageSize' &&
    fingerprintOf({ value: design[key as keyof DataDesign] }) === fingerprintOf({ value: plain[key as keyof DataDesign] })
  return { ...design, why: Object.fromEntries(Object.entries(design.why).filter(([key]) => !isIdle(key))) }
}
