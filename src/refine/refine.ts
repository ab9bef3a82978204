import type { Decision } from '../core/decision.ts'
import { lessonOf } from '../core/lesson.ts'
import { reasonToStop } from './budget.ts'
import { costRatioOf, evidenceOf } from './evidence.ts'
import { judge } from './judge.ts'
import { isMeasured, measure } from './measure.ts'
import { designPipeline, propose, unfinishedTrial } from './propose.ts'
import type { Run, Trial } from './run.ts'

/**
 * Refines a pipeline one component at a time and keeps a change only if it truly helps. Ends at the budget, the target or a plateau.
 *
 * Each step asks the journal first, so that a run that was stopped anywhere goes on from there: nothing that was scored is trained
 * again. Throws what `signal` holds when the user stopped it.
 */
export async function refine(run: Run, signal: AbortSignal): Promise<Trial> {
  let best = await startingPoint(run, signal)
  for (;;) {
    const stop = reasonToStop(run.spec, run.journal.state(), run.journal.activeSeconds(), new Date())
    const candidate = (await unfinishedTrial(run)) ?? (stop === null ? await proposeChange(run, best, signal) : null)
    if (candidate === null) return end(run, best, stop ?? 'plateau: the team has nothing left that it would try')
    const decision = await judge(run, candidate, best, signal)
    await run.journal.append({
      type: 'trial.decided',
      trial: candidate.number,
      decision,
      lesson: describeLesson(run, candidate, decision),
    })
    if (decision.verdict === 'kept') best = candidate
  }
}

/** The Architect's pipeline, trained with two seeds before anything is changed; on a run that goes on, the best so far. */
async function startingPoint(run: Run, signal: AbortSignal): Promise<Trial> {
  const { best } = run.journal.state()
  const known = best === null ? null : await run.trials.load(best)
  if (known !== null && isMeasured(run, known)) return known
  const baseline = (await run.trials.load(0)) ?? (await designPipeline(run, signal))
  for (const repeat of [0, 1]) {
    const { outcome } = await measure(run, baseline, repeat, signal)
    if (outcome.status === 'failed') throw new BaselineFailed(outcome.message)
  }
  return baseline
}

async function proposeChange(run: Run, best: Trial, signal: AbortSignal): Promise<Trial | null> {
  return propose(run, best, await evidenceOf(run, best, signal), signal)
}

function describeLesson(run: Run, candidate: Trial, decision: Decision): string {
  const state = run.journal.state()
  const trial = state.trials[candidate.number]
  return trial === undefined ? '' : lessonOf(trial, decision, costRatioOf(trial, state), run.spec.metric)
}

async function end(run: Run, best: Trial, reason: string): Promise<Trial> {
  if (run.journal.state().searchEnd === null) await run.journal.append({ type: 'search.ended', reason, best: best.number })
  return best
}

/** Pipeline 0 could not be trained: there is nothing to refine. */
export class BaselineFailed extends Error {}
