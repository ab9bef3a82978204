import { basename, join } from 'node:path'
import { partFacts } from '../core/dataset.ts'
import type { Outcome, Scored } from '../core/outcome.ts'
import { asScored, countOpening, refit, scoreTest, writeBundle } from '../harness/index.ts'
import type { Artefact, Bundle, EvaluationRequest, Tools } from '../harness/index.ts'
import type { Context } from './context.ts'
import type { Trial, TrialRun } from './trial.ts'
import { inLanes } from './in-lanes.ts'
import { withTrialProgress } from './trial-progress.ts'
import type { Track } from './trial-progress.ts'

/**
 * The one classifier of each run that needs one: of the first, which is shipped, and of all when the test is opened. Pooled folds, and
 * all with --refit, are trained once more, on everything but test. After a refit that fails there are no more.
 */
export async function makeArtefacts(trial: Trial, runs: readonly TrialRun[], tools: Tools, context: Context): Promise<Artefact[]> {
  if (runs.some((run) => run.val.status === 'failed')) return []
  const wanted = trial.options.openTest ? runs : runs.slice(0, 1)
  const made = await withTrialProgress(trial, context.terminal, (track) =>
    inLanes(
      wanted,
      Math.min(trial.lanes, wanted.length),
      (run) => (run.val.status === 'scored' ? makeArtefact(trial, run, run.val, tools, track, context) : Promise.resolve(null)),
      (artefact) => artefact === null,
    ),
  )
  return made.filter((artefact) => artefact !== null)
}

async function makeArtefact(
  trial: Trial,
  run: TrialRun,
  val: Scored,
  tools: Tools,
  track: Track,
  context: Context,
): Promise<Artefact | null> {
  if (!needsRefit(trial))
    return asScored(
      requestOf(trial, run.seed, () => {}),
      val,
      tools,
    )
  const [pace] = val.trainings
  if (pace === undefined) throw new Error('a scored outcome without a training')
  const { onProgress, finish } = track(`refit on all images, seed ${run.seed}`, 1)
  const refitted = await refit({ ...requestOf(trial, run.seed, onProgress), pace }, tools, context.signal).finally(finish)
  if (refitted.status === 'failed') {
    run.refit = refitted
    return null
  }
  const { artefact, seconds } = refitted
  run.refit = { status: 'refitted', sha256: artefact.sha256, training: artefact.training, seconds }
  return artefact
}

/** Whether what is shipped is a model of its own, trained on all images but test. */
export function needsRefit({ dataset, options }: Pick<Trial, 'dataset' | 'options'>): boolean {
  return dataset.facts.scheme === 'pooled' || options.refit === true
}

/** Scores the test with every seed's classifier, counted as one opening; null when it was not asked for or nothing can be scored. */
export async function openTest(
  trial: Trial,
  runs: readonly TrialRun[],
  artefacts: readonly Artefact[],
  tools: Tools,
  context: Context,
): Promise<number | null> {
  if (!trial.options.openTest || artefacts.length < runs.length) return null
  const opening = { at: new Date().toISOString(), command: 'try', seeds: runs.map((run) => run.seed), folder: trial.folder }
  const testHash = partFacts(trial.dataset.facts, 'test').sha256.pixels
  const openings = await countOpening(trial.parts.cache, testHash, opening)
  for (const [index, run] of runs.entries()) run.test = await testOne(trial, run.seed, artefacts[index], tools, context)
  return openings
}

async function testOne(
  trial: Trial,
  seed: number,
  artefact: Artefact | undefined,
  tools: Tools,
  { terminal, signal }: Context,
): Promise<Outcome | null> {
  if (artefact === undefined) return null
  return withTrialProgress(trial, terminal, (track) => {
    const { dataset, metric, folder, onProgress } = requestOf(trial, seed, track(`test, seed ${seed}`, 1).onProgress)
    return scoreTest({ dataset, artefact, metric, folder, onProgress }, tools, signal)
  })
}

/** Writes the classifier of the first run into `best/` of the result folder; null when there is none. */
export async function writeBest(trial: Trial, runs: readonly TrialRun[], artefacts: readonly Artefact[]): Promise<Bundle | null> {
  const { dataset, parts, machine, options, source, version } = trial
  const [artefact] = artefacts
  const [run] = runs
  if (artefact === undefined || run === undefined) return null
  return writeBundle({
    folder: join(trial.folder, 'best'),
    name: basename(source),
    dataset,
    artefact,
    machine,
    origin: options.pipeline === undefined ? 'improve' : 'user',
    val: run.val.status === 'scored' ? run.val.metrics : null,
    test: run.test?.status === 'scored' ? run.test.metrics : null,
    versions: { improve: version, torch: parts.torchVersion },
    cache: parts.cache,
  })
}

export function requestOf(trial: Trial, seed: number, onProgress: EvaluationRequest['onProgress']): EvaluationRequest {
  const { dataset, chosen, options } = trial
  const folder = options.seeds === 1 ? trial.folder : join(trial.folder, `seed-${seed}`)
  return { dataset, pipeline: chosen.pipeline, seed, trainSeconds: options.seconds, metric: options.metric, folder, onProgress }
}
