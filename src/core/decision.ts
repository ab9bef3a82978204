/** How a candidate is compared with the best: `paper` keeps whatever scores higher once; `balanced` tests and confirms. */
export const KEEP_MODES = ['paper', 'balanced'] as const
export type KeepMode = (typeof KEEP_MODES)[number]

/**
 * The comparison of a candidate with the best over the images that both were scored on. Differences are shares, 0..1, or nats for log
 * loss; positive is better, also for log loss.
 */
export type Comparison = {
  /** Mean difference of the metric in favour of the candidate. */
  readonly delta: number
  readonly standardError: number
  /** delta / standardError. */
  readonly z: number
  /** 95 % interval of delta. */
  readonly low: number
  readonly high: number
  /** Images that only the candidate, or only the best, has right in the majority of its seeds. */
  readonly newlyRight: number
  readonly newlyWrong: number
  readonly images: number
  readonly seeds: { readonly candidate: number; readonly best: number }
  /** Standard deviation of the metric over seeds of one pipeline, as estimated when this was decided. */
  readonly seedDeviation: number
  /** Share of images that one has right and the other wrong, a seed of each, averaged over their seeds. */
  readonly disagreement: number
}

export type Decision = {
  readonly verdict: 'kept' | 'rejected'
  /** Of a kept change: whether its gain stands out from luck (one-sided 5 %). */
  readonly label: 'confirmed' | 'unproven' | 'simpler' | null
  readonly mode: KeepMode
  /** How far the candidate came: after one evaluation, or after a fresh seed. */
  readonly stage: 'failed' | 'screen' | 'confirm'
  readonly comparison: Comparison | null
  /** One line for a person, numbers included. */
  readonly reason: string
}
