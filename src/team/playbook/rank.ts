import { normalCumulative, normalDensity, Z_95 } from '../../core/normal.ts'
import { deriveSeed } from '../../core/seeds.ts'
import type { Evidence, PastTrial } from '../../core/team.ts'
import type { Memo, Option } from './craft.ts'
import type { Finding } from './diagnose.ts'
import { passesOf } from './diagnose-facts.ts'
import { combine } from './belief.ts'
import type { Belief } from './belief.ts'
import { learn } from './lessons.ts'
import { beliefOf, USUAL_ERROR } from './measured.ts'
import type { Bottleneck } from './move.ts'

/** An untried move with what it promises, in points. */
export type Ranked = {
  readonly option: Option
  /** Expected change of the metric. */
  readonly gain: number
  /** Expected gain when a loss is not kept: what a trial of it is worth. */
  readonly promise: number
  /** The finding that the move answers most; the heaviest one when it answers none in particular. */
  readonly finding: Finding
}

/** Priors are what moves bring where about 10 % of the images are wrong; with fewer errors there is less to win. */
const MOST_HEADROOM = 2
/** How wrong a prior may be: this many points, and this part of itself. */
const PRIOR_DOUBT = { points: 0.5, share: 0.5 } as const
/** Points that a halving of the passes costs: little where they are many, more where they are what is missing (28 px, 4 to 20 passes). */
const POINTS_A_HALVING = { plenty: 0.2, scarce: 0.6 } as const
/** Credit for faster steps ends at twice as fast: what makes a net much cheaper takes from what it can learn. */
const LEAST_COST = 0.5
/** A finding much lighter than the heaviest is not what a change is proposed for, unless the change does nothing about heavier ones. */
const NAMED_SHARE = 0.5
const LEAST_NAMED = 0.15
/** A move that may alter what pictures mean is worth half. */
const DOUBTFUL = 0.5
/** Where something is clearly wrong, a move that does nothing about it counts by this much. */
const CLEARLY_WRONG = 0.5
const BESIDE_THE_POINT = 0.8
/** A rejected change may come again on a changed pipeline unless it was this surely a loss, in standard errors. */
const SURE_LOSS = Z_95

/** The moves that are still worth a trial, most promising first. Deterministic; ties fall as the run's seed decides. */
export function rank(options: readonly Option[], findings: readonly Finding[], evidence: Evidence, memo: Memo): Ranked[] {
  const tie = ({ option }: Ranked) => deriveSeed(evidence.brief.seed, 'tie', evidence.past.length, option.move.id)
  return options
    .filter((option) => isUntried(option, evidence, memo) && option.safety?.verdict !== 'refused')
    .map((option) => weigh(option, findings, evidence))
    .toSorted((a, b) => b.promise - a.promise || tie(a) - tie(b))
}

/**
 * Not an earlier state of this component, not a change proposed before (a whole component may come again beside others), not a move that
 * surely lost on this or an earlier best.
 */
function isUntried({ fingerprint, move }: Option, { past }: Evidence, { lineage }: Memo): boolean {
  if (lineage.includes(fingerprint)) return false
  if (past.some((trial) => trial.fingerprint === fingerprint && !(move.isWhole === true && hasMovedOn(trial, past)))) return false
  return !past.some((trial) => trial.title === move.title && trial.components.includes(move.component) && isSureLoss(trial.result))
}

/** Whether another component was changed since: a net may want a better training first. */
function hasMovedOn({ trial, components }: PastTrial, past: Evidence['past']): boolean {
  const isKept = ({ result }: PastTrial) => result.status === 'scored' && result.decision === 'kept'
  return past.some((later) => later.trial > trial && isKept(later) && !later.components.some((each) => components.includes(each)))
}

function isSureLoss(result: Evidence['past'][number]['result']): boolean {
  if (result.status === 'failed') return true
  const error = (result.high - result.low) / (2 * Z_95)
  return result.decision === 'rejected' && result.delta < -SURE_LOSS * error
}

function weigh(option: Option, findings: readonly Finding[], evidence: Evidence): Ranked {
  const { move, safety } = option
  const prior = priorOf(option, findings, evidence)
  const question = { component: move.component, kind: move.kind, title: move.title }
  const learned = learn(question, prior, evidence.past, evidence.brief.metric)
  const factor = safety?.verdict === 'doubtful' ? DOUBTFUL : 1
  const gain = learned.mean > 0 ? learned.mean * factor : learned.mean
  const improvement = expectedImprovement({ mean: gain, deviation: learned.deviation * factor })
  const promise = improvement * (isBesideThePoint(option, findings) ? BESIDE_THE_POINT : 1)
  return { option, gain, promise, finding: answered(option, findings) }
}

function isBesideThePoint({ move }: Option, [heaviest]: readonly Finding[]): boolean {
  if (heaviest === undefined || heaviest.bottleneck === 'plateau' || heaviest.weight < CLEARLY_WRONG) return false
  return (move.helps[heaviest.bottleneck] ?? 0) <= 0
}

/** What the playbook expects before this run's own measurements: its judgement, and what was measured on other image sets. */
function priorOf(option: Option, findings: readonly Finding[], evidence: Evidence): Belief {
  const scale = headroom(evidence)
  const elsewhere = beliefOf(option.measured, passesOf(evidence))
  const judged = judge(option, findings, evidence)
  if (elsewhere === null) return judged
  return combine([judged, { mean: scale * elsewhere.mean, deviation: scale * elsewhere.deviation }])
}

/** More against what is wrong, less where a step gets slower. */
function judge({ move }: Option, findings: readonly Finding[], evidence: Evidence): Belief {
  const scale = headroom(evidence)
  const weightOf = (bottleneck: Bottleneck) => findings.find((finding) => finding.bottleneck === bottleneck)?.weight ?? 0
  const helped = move.prior + findings.reduce((total, { bottleneck, weight }) => total + weight * (move.helps[bottleneck] ?? 0), 0)
  const scarcity = Math.max(weightOf('undertrained'), weightOf('slow'))
  const halving = POINTS_A_HALVING.plenty + (POINTS_A_HALVING.scarce - POINTS_A_HALVING.plenty) * scarcity
  const mean = scale * (helped - halving * Math.log2(Math.max(LEAST_COST, move.cost)))
  return { mean, deviation: scale * PRIOR_DOUBT.points + Math.abs(mean) * PRIOR_DOUBT.share }
}

/** How much there is to win against the usual: the share of wrong images, one more added because none of few does not mean none. */
export function headroom({ brief, best }: Evidence): number {
  const byMetric = brief.metric === 'log-loss' || brief.metric === 'auc' ? null : 1 - best.valScore
  const dev = best.dev !== null && best.dev.n > 0 ? 1 - best.dev.right / best.dev.n : null
  const error = byMetric ?? dev ?? USUAL_ERROR
  return Math.min(MOST_HEADROOM, (error + 1 / Math.max(1, brief.valCount)) / USUAL_ERROR)
}

/** Of the findings that weigh enough to be named, the one that the move does most about; else any that it does something about. */
function answered({ move }: Option, findings: readonly Finding[]): Finding {
  const [heaviest] = findings
  if (heaviest === undefined) throw new Error('a diagnosis without a finding: diagnose gives at least one')
  const helped = ({ bottleneck, weight }: Finding) => weight * (move.helps[bottleneck] ?? 0)
  const helping = findings.filter((finding) => helped(finding) > 0).toSorted((a, b) => helped(b) - helped(a))
  return (
    helping.find(({ weight }) => weight >= NAMED_SHARE * heaviest.weight) ??
    helping.find(({ weight }) => weight >= LEAST_NAMED) ??
    heaviest
  )
}

/** The mean of max(0, x) for a normal x: a loss costs a trial, but is not kept. */
export function expectedImprovement({ mean, deviation }: Belief): number {
  const z = mean / deviation
  return mean * normalCumulative(z) + deviation * normalDensity(z)
}
