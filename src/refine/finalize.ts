import { compareResults } from '../core/compare.ts'
import { ExternalError } from '../core/errors.ts'
import { summarize } from '../core/outcome-summary.ts'
import { estimateSeedDeviation } from '../core/seed-deviation.ts'
import type { Evaluation } from '../core/evaluator.ts'
import { storedTrial } from './propose.ts'
import type { Trial } from '../core/trial.ts'
import type { Run } from './run.ts'

/**
 * Ends a run: makes one model of the baseline and one of the best, opens the sealed test once for the two, and compares them on it.
 * `ship` then makes what the user takes away; only after it the run is finished. Like the loop it asks the journal first, so that it
 * goes on where it was stopped; `ship` may be called again.
 */
export async function finalize(run: Run, best: Trial, ship: () => Promise<void>, signal: AbortSignal): Promise<void> {
  const contenders = best.number === 0 ? [best] : [await storedTrial(run, 0), best]
  if (run.spec.refit) for (const trial of contenders) await refit(run, trial, signal)
  if (run.hasSealedTest) await judgeOnTest(run, contenders, signal)
  await ship()
  if (run.journal.state().finished === null) {
    await run.journal.append({ type: 'run.finished', reason: run.journal.state().searchEnd ?? '', best: best.number })
  }
}

/** Trains on train, dev and val together, so that no image that may be learnt from is left out of what is shipped. */
async function refit(run: Run, trial: Trial, signal: AbortSignal): Promise<void> {
  if (run.journal.state().refits.some((done) => done.trial === trial.number)) return
  run.stopSoon.throwIfAborted()
  const { record, training } = await run.evaluator.refit(trial, signal)
  const { steps, trainSeconds, cpuSeconds } = training
  await run.journal.append({ type: 'refit.finished', trial: trial.number, record, steps, trainSeconds, cpuSeconds })
}

/** The opening is counted before anybody looks; both are judged in one opening. */
async function judgeOnTest(run: Run, contenders: readonly Trial[], signal: AbortSignal): Promise<void> {
  const numbers = contenders.map((trial) => trial.number)
  if (run.journal.state().test === null) {
    const openings = await run.countOpening(numbers)
    await run.journal.append({ type: 'test.opened', trials: numbers, openings })
  }
  const tested: Evaluation[] = []
  for (const trial of contenders) tested.push(await test(run, trial, signal))
  const [before, after] = tested
  if (run.journal.state().test?.compared !== null || before?.images == null || after?.images == null) return
  const comparison = compareResults([after.images], [before.images], run.spec.metric, estimateSeedDeviation([], run.spec.metric))
  await run.journal.append({ type: 'test.compared', comparison, reason: verdict(comparison.low, comparison.high) })
}

async function test(run: Run, trial: Trial, signal: AbortSignal): Promise<Evaluation> {
  const known = run.journal.state().test?.scored.find((scored) => scored.trial === trial.number)
  const recalled = known === undefined ? null : await run.evaluator.recall(known.record)
  if (recalled !== null) return recalled
  const artefact = run.spec.refit ? 'refit' : 'as scored'
  const evaluation = await run.evaluator.test(trial, artefact, signal)
  const { outcome } = evaluation
  if (outcome.status === 'failed')
    throw new ExternalError('environment', `trial ${trial.number} could not be scored on test: ${outcome.message}`, {
      evidence: [...outcome.evidence, ...outcome.logTail.trimEnd().split('\n').slice(-8)],
      fix: 'improve resume goes on from here; the opening of the test is counted already and not counted again',
    })
  await run.journal.append({
    type: 'test.scored',
    trial: trial.number,
    artefact,
    record: evaluation.record,
    outcome: summarize(outcome),
  })
  return evaluation
}

function verdict(low: number, high: number): string {
  if (low > 0) return 'the final pipeline is better than the baseline'
  return high < 0 ? 'the final pipeline is worse than the baseline' : 'no proven improvement: the interval includes 0'
}
