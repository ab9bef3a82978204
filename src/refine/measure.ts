import { isFromOutside } from '../core/outcome.ts'
import { deriveSeed } from '../core/seeds.ts'
import { summarize } from '../core/outcome-summary.ts'
import type { EvaluationState } from '../core/run-state.ts'
import type { Evaluation } from '../core/evaluator.ts'
import type { Trial } from '../core/trial.ts'
import type { Run } from './run.ts'

/** How many evaluations of a pipeline the start makes before anything is compared with it. */
const BASELINE_REPEATS = 2

/**
 * Trains and scores a trial, or recalls what came of it. A failure that may be the machine's is tried once more, now or when the run
 * goes on after it.
 */
export async function measure(run: Run, trial: Trial, repeat: number, signal: AbortSignal): Promise<Evaluation> {
  const known = evaluationOf(run, trial.number, repeat)
  const recalled = known?.finished ? await run.evaluator.recall(known.finished.record) : null
  if (recalled !== null && !isFromOutside(recalled.outcome)) return recalled
  const evaluation = await train(run, trial, repeat, signal)
  return isFromOutside(evaluation.outcome) ? train(run, trial, repeat, signal) : evaluation
}

/** One attempt: intent is written before, the result after. */
async function train(run: Run, trial: Trial, repeat: number, signal: AbortSignal): Promise<Evaluation> {
  run.stopSoon.throwIfAborted()
  const { trials } = run.journal.state()
  const attempt = (evaluationOf(run, trial.number, repeat)?.attempts ?? 0) + 1
  const seed = deriveSeed(run.spec.seed, 'evaluation', trial.number, repeat)
  await run.journal.append({ type: 'evaluation.started', trial: trial.number, repeat, seed, attempt })
  const task = { trial: trial.number, base: trials[trial.number]?.base ?? null, pipeline: trial.pipeline, repeat, seed }
  const evaluation = await run.evaluator.evaluate(task, signal)
  await run.journal.append({ type: 'evaluation.finished', record: evaluation.record, outcome: summarize(evaluation.outcome) })
  return evaluation
}

/** Whether all that the loop needs of a best pipeline was scored. */
export function isMeasured(run: Run, trial: Trial): boolean {
  const repeats = trial.number === 0 ? BASELINE_REPEATS : 1
  return Array.from({ length: repeats }, (_, repeat) => evaluationOf(run, trial.number, repeat)).every(
    (evaluation) => evaluation?.finished?.outcome.status === 'scored',
  )
}

function evaluationOf(run: Run, trial: number, repeat: number): EvaluationState | undefined {
  return run.journal.state().trials[trial]?.evaluations.find((evaluation) => evaluation.repeat === repeat)
}
