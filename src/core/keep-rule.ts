import type { HurtClass } from './class-guard.ts'
import type { Comparison, Decision, KeepMode } from './decision.ts'
import { describeComparison, describeGain, describeHurtClass } from './keep-reason.ts'
import { METRIC_SCALES } from './metric-scale.ts'
import { Z_ONE_SIDED_90, Z_ONE_SIDED_95 } from './normal.ts'
import type { Failed, MetricName } from './outcome.ts'

/** First look: at most this z is not worth a second training. */
const SCREEN_Z = 0.25
/** After the fresh seed: above this z a change is kept. */
const KEEP_Z = 0.67
/** After the fresh seed: above this z, and not above KEEP_Z, one more seed decides. */
const AGAIN_Z = 0.3
const MAX_SEEDS = 3
/** Gains below this are not worth a change, in points. */
const SMALLEST_GAIN_POINTS = 0.1
/** What a faster pipeline may lose, in points. */
const TOLERATED_LOSS_POINTS = 0.5
/** Seconds a step against the best: above DEAR a gain has to be confirmed, up to CHEAP it need not be a gain. */
const DEAR = 1.5
const CHEAP = 0.8

export type ScreenContext = {
  readonly mode: KeepMode
  readonly metric: MetricName
  /** Seconds a step of the candidate against the best. */
  readonly costRatio: number
}

export type ConfirmContext = ScreenContext & {
  /** What the first look showed. */
  readonly screen: Comparison
  /** From `findHurtClass` over the same evaluations as the comparison. */
  readonly hurtClass: HurtClass | null
  /** Names of the classes by number. */
  readonly classes: readonly string[]
  readonly canAffordAnother: boolean
}

/** After the first evaluation: mode `paper` decides at once, `balanced` drops what does not look better and confirms the rest. */
export function afterScreen(comparison: Comparison, context: ScreenContext): 'reject' | 'confirm' | 'keep' {
  if (context.mode === 'paper') return comparison.delta > 0 ? 'keep' : 'reject'
  return comparison.z > SCREEN_Z || couldBeFasterEqual(comparison, context) ? 'confirm' : 'reject'
}

/** The decision where `afterScreen` said "reject" or "keep". */
export function decideAtScreen(comparison: Comparison, context: ScreenContext): Decision {
  const verdict = afterScreen(comparison, context)
  if (verdict === 'confirm') throw new Error('a candidate that waits for a fresh seed is not decided at the first look')
  if (verdict === 'keep') return keep(labelOf(comparison), 'screen', comparison, context)
  return reject('rejected at the first look', 'screen', comparison, context)
}

/** Whether a third seed should be trained before `afterConfirm` is asked. */
export function needsAnotherSeed(comparison: Comparison, context: ConfirmContext): boolean {
  const { z, seeds } = comparison
  return context.canAffordAnother && context.hurtClass === null && seeds.candidate < MAX_SEEDS && z > AGAIN_Z && z <= KEEP_Z
}

/** The decision of mode `balanced`, from all evaluations of the candidate, fresh seeds included. */
export function afterConfirm(comparison: Comparison, context: ConfirmContext): Decision {
  const { metric, hurtClass, classes, costRatio } = context
  const no = (why: string) => reject(`rejected: ${why}`, 'confirm', comparison, context)
  if (hurtClass !== null) return no(describeHurtClass(hurtClass, classes))
  const label = labelOf(comparison)
  const isGain = comparison.z > KEEP_Z && comparison.delta >= smallestGain(comparison, metric)
  if (isGain && (costRatio <= DEAR || label === 'confirmed')) return keep(label, 'confirm', comparison, context)
  if (isGain) return no(`takes ${costRatio.toFixed(1)} times as long, which an unproven gain does not pay`)
  if (costRatio <= CHEAP && isNonInferior(comparison, metric, 1)) return keep('simpler', 'confirm', comparison, context)
  return no(whyNoGain(comparison, context))
}

/** The decision about a candidate that could not be scored. */
export function afterFailure(failed: Failed, mode: KeepMode): Decision {
  const reason = `rejected: failed in ${failed.stage} (${failed.kind}): ${failed.message}`
  return { verdict: 'rejected', label: null, mode, stage: 'failed', comparison: null, reason }
}

/** The decision about a proposal that never became a pipeline. */
export function afterRefusal(refusal: string, mode: KeepMode): Decision {
  return {
    verdict: 'rejected',
    label: null,
    mode,
    stage: 'failed',
    comparison: null,
    reason: `rejected: no valid proposal: ${refusal}`,
  }
}

/** Without a fresh evaluation of the best there is nothing to confirm against: what looked better on one seed is not kept. */
export function afterLostBest(failed: Failed, screen: Comparison, mode: KeepMode): Decision {
  const reason = `rejected: the best could not be trained with a fresh seed (${failed.kind}: ${failed.message})`
  return { verdict: 'rejected', label: null, mode, stage: 'confirm', comparison: screen, reason }
}

function whyNoGain(comparison: Comparison, { metric, screen }: ConfirmContext): string {
  const fresh = comparison.seeds.candidate > 2 ? 'fresh seeds' : 'a fresh seed'
  if (comparison.z > KEEP_Z) return `a gain below ${describeGain(smallestGain(comparison, metric), metric)} is not worth a change`
  if (comparison.delta < screen.delta) return `${describeGain(screen.delta, metric)} did not hold with ${fresh}`
  return `within luck after ${fresh}`
}

function labelOf(comparison: Comparison): 'confirmed' | 'unproven' {
  return comparison.z >= Z_ONE_SIDED_95 ? 'confirmed' : 'unproven'
}

function smallestGain({ images }: Comparison, metric: MetricName): number {
  const { point, countsImages } = METRIC_SCALES[metric]
  return Math.max(SMALLEST_GAIN_POINTS * point, countsImages ? 1 / images : 0)
}

/** Whether a cheaper candidate could, at best, be shown not to lose once it has a second seed. */
function couldBeFasterEqual(comparison: Comparison, { metric, costRatio }: ScreenContext): boolean {
  const { candidate } = comparison.seeds
  return costRatio <= CHEAP && isNonInferior(comparison, metric, Math.sqrt(candidate / (candidate + 1)))
}

/** Lower one-sided 90 % bound above the loss that is tolerated. */
function isNonInferior({ delta, standardError }: Comparison, metric: MetricName, shrink: number): boolean {
  return delta - Z_ONE_SIDED_90 * standardError * shrink > -TOLERATED_LOSS_POINTS * METRIC_SCALES[metric].point
}

const KEPT = {
  confirmed: () => 'kept',
  unproven: () => 'kept, unproven',
  simpler: (costRatio: number) => `kept as the faster of two equals, ${((1 - costRatio) * 100).toFixed(0)} % less time`,
} as const

function keep(label: keyof typeof KEPT, stage: 'screen' | 'confirm', comparison: Comparison, context: ScreenContext): Decision {
  const reason = `${KEPT[label](context.costRatio)}: ${describeComparison(comparison, context.metric)}`
  return { verdict: 'kept', label, mode: context.mode, stage, comparison, reason }
}

function reject(lead: string, stage: 'screen' | 'confirm', comparison: Comparison, context: ScreenContext): Decision {
  const reason = `${lead}: ${describeComparison(comparison, context.metric)}`
  return { verdict: 'rejected', label: null, mode: context.mode, stage, comparison, reason }
}
