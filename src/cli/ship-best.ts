import { join } from 'node:path'
import type { Evaluation } from '../core/evaluator.ts'
import type { Metrics } from '../core/outcome.ts'
import type { EvaluationRecord } from '../core/run-state.ts'
import { artefactOf, writeBundle } from '../harness/index.ts'
import type { LocalEvaluation } from '../harness/index.ts'
import { storedTrial } from '../refine/propose.ts'
import type { Run } from '../refine/run.ts'
import type { Session } from './run-session.ts'

/** Makes `best/` of a finished run: the weights that met the sealed test, their pipeline, and what they scored. */
export async function shipBest(run: Run, local: LocalEvaluation, { folder, dataset, parts }: Session): Promise<void> {
  const { spec } = run
  const state = run.journal.state()
  const best = await storedTrial(run, state.best ?? 0)
  const val = state.trials[best.number]?.evaluations.find((evaluation) => evaluation.repeat === 0)?.finished?.record
  const test = state.test?.scored.find((scored) => scored.trial === best.number)?.record
  await writeBundle({
    folder: join(folder, 'best'),
    name: spec.name,
    dataset,
    artefact: await artefactOf(local, best, spec.refit ? 'refit' : 'as scored'),
    machine: spec.machine,
    origin: 'improve',
    val: await metricsOf(run, val),
    test: await metricsOf(run, test),
    versions: spec.versions,
    cache: parts.cache,
  })
}

async function metricsOf(run: Run, record: EvaluationRecord | undefined): Promise<Metrics | null> {
  const evaluation: Evaluation | null = record === undefined ? null : await run.evaluator.recall(record)
  return evaluation?.outcome.status === 'scored' ? evaluation.outcome.metrics : null
}
