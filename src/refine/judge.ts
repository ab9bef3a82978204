import { findHurtClass } from '../core/class-guard.ts'
import { compareResults } from '../core/compare.ts'
import type { Comparison, Decision } from '../core/decision.ts'
import type { ImageResults } from '../core/evaluation.ts'
import {
  afterConfirm,
  afterFailure,
  afterLostBest,
  afterRefusal,
  afterScreen,
  decideAtScreen,
  needsAnotherSeed,
} from '../core/keep-rule.ts'
import type { ConfirmContext, ScreenContext } from '../core/keep-rule.ts'
import type { Outcome, Scored } from '../core/outcome.ts'
import { estimateSeedDeviation, pairFolds, pairSeeds } from '../core/seed-deviation.ts'
import type { SeedPair } from '../core/seed-deviation.ts'
import { mean } from '../core/statistics.ts'
import { evaluationSeconds, finalSeconds, secondsLeft } from './budget.ts'
import type { Evaluation } from '../core/evaluator.ts'
import { measure } from './measure.ts'
import type { Trial } from '../core/trial.ts'
import type { Run } from './run.ts'

/**
 * Trains a candidate and decides: a first look on one seed, then a fresh seed (and the next fold where folds rotate) for those that
 * look better. The best is measured with the same repeats, which were made before or are made now.
 */
export async function judge(run: Run, candidate: Trial, best: Trial, signal: AbortSignal): Promise<Decision> {
  const refusal = run.journal.state().trials[candidate.number]?.refusal ?? null
  if (refusal !== null) return afterRefusal(refusal, run.spec.keep)
  const first = await measure(run, candidate, 0, signal)
  if (first.outcome.status === 'failed') return afterFailure(first.outcome, run.spec.keep)
  const reference = await measure(run, best, 0, signal)
  const context = { mode: run.spec.keep, metric: run.spec.metric, costRatio: costRatio(first.outcome, reference.outcome) }
  const screen = compare(run, [first], [reference])
  if (afterScreen(screen, context) !== 'confirm') return decideAtScreen(screen, context)
  return confirm(run, { candidate, best, first, reference, screen, context }, signal)
}

type Screened = {
  readonly candidate: Trial
  readonly best: Trial
  readonly first: Evaluation
  /** The first evaluation of the best. */
  readonly reference: Evaluation
  readonly screen: Comparison
  readonly context: ScreenContext
}

async function confirm(run: Run, screened: Screened, signal: AbortSignal): Promise<Decision> {
  const { candidate, best, screen, context } = screened
  const ours = [screened.first]
  const theirs = [screened.reference]
  for (let repeat = 1; ; repeat++) {
    const again = await measure(run, candidate, repeat, signal)
    if (again.outcome.status === 'failed') return afterFailure(again.outcome, run.spec.keep)
    ours.push(again)
    const other = await measure(run, best, repeat, signal)
    if (other.outcome.status === 'failed') return afterLostBest(other.outcome, screen, run.spec.keep)
    theirs.push(other)
    const comparison = compare(run, ours, theirs)
    const full: ConfirmContext = {
      ...context,
      screen,
      hurtClass: findHurtClass(imagesOf(ours), imagesOf(theirs)),
      classes: run.spec.dataset.classes,
      canAffordAnother: canAfford(run),
    }
    if (!needsAnotherSeed(comparison, full)) return afterConfirm(comparison, full)
  }
}

/** The seed's deviation is estimated anew each time from the pairs at hand, so that a noisy pipeline is trusted less. */
function compare(run: Run, candidate: readonly Evaluation[], best: readonly Evaluation[]): Comparison {
  const { metric } = run.spec
  const [ours, theirs] = [imagesOf(candidate), imagesOf(best)]
  const pairs: SeedPair[] = [...pairSeeds(ours, metric), ...pairSeeds(theirs, metric), ...pairFolds(ours, theirs, metric)]
  return compareResults(ours, theirs, metric, estimateSeedDeviation(pairs, metric))
}

function imagesOf(evaluations: readonly Evaluation[]): ImageResults[] {
  return evaluations.map(({ images }) => images).filter((images) => images !== null)
}

/**
 * Seconds an image of the candidate against the best, at least 1: at equal compute a faster pipeline makes more steps of it, so that
 * its speed shows in the metric already, and a measured speed is too unsure to be a reason of its own.
 */
function costRatio(candidate: Scored, best: Outcome): number {
  return best.status === 'scored' ? Math.max(1, secondsAnImage(candidate) / secondsAnImage(best)) : 1
}

function secondsAnImage({ trainings }: Scored): number {
  const seconds = trainings.map(({ cpuSecondsPerImage, imagesPerSecond }) => cpuSecondsPerImage ?? 1 / imagesPerSecond)
  return mean(seconds)
}

function canAfford(run: Run): boolean {
  const state = run.journal.state()
  const needed = 2 * evaluationSeconds(run.spec, state) + finalSeconds(run.spec, state)
  return needed <= secondsLeft(run.spec, state, run.journal.activeSeconds(), new Date())
}
