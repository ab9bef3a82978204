import type { Decision } from '../core/decision.ts'
import { lessonOf } from '../core/lesson.ts'
import type { Failed } from '../core/outcome.ts'
import { reasonToStop } from './budget.ts'
import { costRatioOf, evidenceOf } from './evidence.ts'
import { judge } from './judge.ts'
import { isMeasured, measure } from './measure.ts'
import { mend } from './mend.ts'
import { designPipeline, propose, storedTrial, unfinishedTrial } from './propose.ts'
import type { Trial } from '../core/trial.ts'
import type { Run } from './run.ts'
import { turnsOf } from './strategies.ts'

/**
 * Refines a pipeline one component at a time and keeps a change only if it truly helps. Ends at the budget, the target or a plateau.
 *
 * Each step asks the journal first, so that a run that was stopped anywhere goes on from there: nothing that was scored is trained
 * again. Throws what `signal` holds when the user stopped it.
 */
export async function refine(run: Run, signal: AbortSignal): Promise<Trial> {
  let best = await startingPoint(run, signal)
  for (;;) {
    const state = run.journal.state()
    const stop = state.searchEnd ?? reasonToStop(run.spec, state, run.journal.activeSeconds(), new Date())
    const proposed = (await unfinishedTrial(run)) ?? (stop === null ? await proposeChange(run, best, signal) : null)
    if (proposed === null) return end(run, best, stop ?? 'plateau: the team has nothing left that it would try')
    const candidate = await mend(run, proposed, best, signal)
    const decision = await judge(run, candidate, best, signal)
    await record(run, candidate, best, decision)
    // Weights that nobody will need; those of the baseline meet the sealed test beside the best.
    const loser = decision.verdict === 'kept' ? best : candidate
    if (loser.number !== 0) await run.evaluator.discard(loser.number)
    if (decision.verdict === 'kept') best = candidate
  }
}

/**
 * The Architect's pipeline, trained twice before anything is changed, with a fresh seed and the next fold where folds rotate; on a run
 * that goes on, the best so far.
 */
async function startingPoint(run: Run, signal: AbortSignal): Promise<Trial> {
  const { best, trials } = run.journal.state()
  const known = best === null ? null : await storedTrial(run, best)
  if (known !== null && isMeasured(run, known)) return known
  const designed = trials.length > 0 ? await storedTrial(run, 0) : await designPipeline(run, signal)
  const baseline = await mend(run, designed, null, signal)
  for (const repeat of [0, 1]) {
    const { outcome } = await measure(run, baseline, repeat, signal)
    if (outcome.status === 'failed') throw new BaselineFailed(outcome, repeat)
  }
  return baseline
}

async function proposeChange(run: Run, best: Trial, signal: AbortSignal): Promise<Trial | null> {
  await listen(run)
  const evidence = await evidenceOf(run, best, signal)
  for (const allowed of turnsOf(run.spec.pick, run.spec.components, evidence.past.length)) {
    const candidate = await propose(run, best, { ...evidence, allowed }, signal)
    if (candidate !== null) return candidate
  }
  return null
}

/** What the user has said since the last proposal goes into the journal, where the team finds it. */
async function listen(run: Run): Promise<void> {
  const said = await run.heard()
  for (const text of said.slice(run.journal.state().hints.length)) await run.journal.append({ type: 'hint.given', text })
}

/** The decision with the lesson that later choices use: beside the trial for people, in the journal for the run. */
async function record(run: Run, candidate: Trial, best: Trial, decision: Decision): Promise<void> {
  const state = run.journal.state()
  const trial = state.trials[candidate.number]
  if (trial === undefined) throw new Error(`trial ${candidate.number} was decided and never proposed`)
  const lesson = lessonOf(trial, decision, costRatioOf(trial, state), run.spec.metric)
  await run.trials.saveDecision(candidate.number, best.number, decision, lesson)
  await run.journal.append({ type: 'trial.decided', trial: candidate.number, decision, lesson })
}

async function end(run: Run, best: Trial, reason: string): Promise<Trial> {
  if (run.journal.state().searchEnd === null) await run.journal.append({ type: 'search.ended', reason, best: best.number })
  return best
}

/** Pipeline 0 could not be trained: there is nothing to refine. */
export class BaselineFailed extends Error {
  /** The evaluation of it that failed. */
  readonly repeat: number
  readonly evidence: readonly string[]

  constructor({ message, evidence }: Pick<Failed, 'message' | 'evidence'>, repeat: number) {
    super(message)
    this.repeat = repeat
    this.evidence = evidence
  }
}
