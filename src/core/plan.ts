import { foldsOfEvaluation } from './dataset.ts'
import type { DatasetFacts } from './dataset.ts'

/** Proposals worth having grow with the time, more slowly than it: half of more time goes into longer trainings, which rank better. */
const PROPOSALS_AT_A_MINUTE = 2
const PROPOSALS_EXPONENT = 0.6
const MIN_PROPOSALS = 5
const MAX_PROPOSALS = 40
/** Evaluations beside the proposals' own: two of the baseline, two fresh seeds of later bests. */
const OTHER_EVALUATIONS = 4
/** Evaluations a proposal, fresh seeds included. */
const EVALUATIONS_A_PROPOSAL = 1.4
/** Wall seconds of an evaluation beside its training, and of each further round of folds. */
const OVERHEAD_SECONDS = 6
const ROUND_OVERHEAD_SECONDS = 4
/** A training below this is mostly start-up and warm-up. */
const MIN_TRAIN_SECONDS = 6
const MAX_TRAIN_SECONDS = 1800
/** Of pooled folds, what one training takes of an evaluation: a fifth of the work, on cores that it cannot use as well as five could. */
const POOLED_SHARE = 0.3
/** How many times as long as a scored training a refit may be, longest first, and what share of the time all refits may take. */
const REFIT_TIMES = [4, 3, 2]
const MOST_REFIT_SHARE = 0.25
/** Passes over the data below which short trainings do not rank pipelines as long ones do. */
const PASSES_TO_RANK = 3
/** What the default net costs, as a share of the machine's reference net at 28 px. */
const DEFAULT_NET_COST = 0.5
/** Seconds by which rounding may differ. */
const ROUNDING = 1e-6
const REFERENCE_PIXELS = 28 * 28

export type TimePlan = {
  /** Wall seconds of training in one evaluation, all folds together. */
  readonly trainSeconds: number
  /** Proposals that fit. */
  readonly proposals: number
  /** A refit makes so many times the steps of a scored training. */
  readonly refitTimes: number
  /** Whether the trainings are long enough to rank pipelines; what to ask for where they are not. */
  readonly neededTimeSeconds: number | null
}

export type PlanInput = {
  readonly facts: DatasetFacts
  readonly timeSeconds: number
  /** What the user asked for, or null. */
  readonly trainSeconds: number | null
  readonly trials: number | null
  readonly refit: boolean
  /** What the user asked for, or null. */
  readonly refitTimes: number | null
  /** Trainings of one evaluation, one after another: folds that run side by side count once. */
  readonly rounds: number
  /** Images to fit on in one training, and typical [height, width] of them. */
  readonly trainCount: number
  readonly shape: readonly [number, number]
  readonly referenceSpeed: number
}

/**
 * Shares the time out between more proposals and longer trainings, so that there are enough of the ones and the others still rank. What
 * is shipped is trained longer than what was only compared, up to a quarter of the time for baseline and final together.
 */
export function planTime(input: PlanInput): TimePlan {
  if (input.refitTimes !== null) return planWith(input, input.refitTimes)
  const shortest = planWith(input, 1)
  const leastProposals = Math.min(MIN_PROPOSALS, shortest.proposals)
  const longer = REFIT_TIMES.map((refitTimes) => planWith(input, refitTimes)).find(
    ({ refitTimes, trainSeconds, proposals }) =>
      proposals >= leastProposals && refitEvaluations(input, refitTimes) * trainSeconds <= MOST_REFIT_SHARE * input.timeSeconds,
  )
  return longer ?? shortest
}

function planWith(input: PlanInput, refitTimes: number): TimePlan {
  const folds = foldsOfEvaluation(input.facts).length
  const overhead = OVERHEAD_SECONDS + (input.rounds - 1) * ROUND_OVERHEAD_SECONDS
  const toRank = Math.max(MIN_TRAIN_SECONDS, secondsToRank(input, folds))
  const trainSeconds =
    input.trainSeconds ?? clamp(chooseTrainSeconds(input, toRank, overhead, refitTimes), MIN_TRAIN_SECONDS, MAX_TRAIN_SECONDS)
  const evaluation = trainSeconds + overhead
  const left = input.timeSeconds - (OTHER_EVALUATIONS + finalEvaluations(input, refitTimes)) * evaluation
  const byTime = Math.max(0, Math.floor(left / (evaluation * EVALUATIONS_A_PROPOSAL)))
  const wanted = (toRank + overhead) * evaluationsWith(MIN_PROPOSALS, input, refitTimes)
  return {
    trainSeconds,
    proposals: Math.min(byTime, input.trials ?? byTime),
    refitTimes,
    neededTimeSeconds: trainSeconds < toRank - ROUNDING ? wanted : null,
  }
}

/** Fewer proposals, down to the fewest worth having, where more would leave trainings too short to rank pipelines. */
function chooseTrainSeconds(input: PlanInput, toRank: number, overhead: number, refitTimes: number): number {
  const grown = PROPOSALS_AT_A_MINUTE * (input.timeSeconds / 60) ** PROPOSALS_EXPONENT
  const secondsWith = (proposals: number) => input.timeSeconds / evaluationsWith(proposals, input, refitTimes) - overhead
  if (input.trials !== null) return secondsWith(input.trials)
  const usual = secondsWith(Math.round(clamp(grown, MIN_PROPOSALS, MAX_PROPOSALS)))
  return Math.max(usual, Math.min(toRank, secondsWith(MIN_PROPOSALS)))
}

function evaluationsWith(proposals: number, input: PlanInput, refitTimes: number): number {
  return proposals * EVALUATIONS_A_PROPOSAL + OTHER_EVALUATIONS + finalEvaluations(input, refitTimes)
}

/** The refits and the test at the end, in evaluations. */
function finalEvaluations(input: PlanInput, refitTimes: number): number {
  return refitEvaluations(input, refitTimes) + 0.5
}

/** Baseline and final are both refitted. */
function refitEvaluations({ refit, facts }: PlanInput, refitTimes: number): number {
  return refit ? 2 * refitTimes * refitShare(facts.scheme) : 0
}

/** What one training of the length of a scored one takes, in evaluations. */
export function refitShare(scheme: DatasetFacts['scheme']): number {
  return scheme === 'pooled' ? POOLED_SHARE : 1
}

function secondsToRank({ trainCount, shape, referenceSpeed }: PlanInput, folds: number): number {
  const cost = (DEFAULT_NET_COST * shape[0] * shape[1]) / REFERENCE_PIXELS
  return (folds * PASSES_TO_RANK * trainCount * cost) / referenceSpeed
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}
