import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ExternalError } from '../core/errors.ts'
import type { Evaluation, FinalTask, Refit } from '../core/evaluator.ts'
import type { Failed, Scored } from '../core/outcome.ts'
import { evaluationFolder, refitFolder, testFolder } from '../core/run-layout.ts'
import { deriveSeed } from '../core/seeds.ts'
import { hashFile } from '../files/hash.ts'
import { asScored } from './artefact.ts'
import type { Artefact } from './artefact.ts'
import { evaluationLayout } from './evaluation-folder.ts'
import { ASKED_FILE, hashFiles, OUTCOME_FILE, paceOf, readJson, readOutcome, writeJson, writeOutcome } from './evaluation-record.ts'
import { readTestResults } from './image-results.ts'
import type { LocalEvaluation } from './local-evaluation.ts'
import type { Progress } from './progress.ts'
import { refit } from './refit.ts'
import { scoreTest } from './score-test.ts'

const REFIT_FILE = 'refit.json'
const REFIT_WEIGHTS = 'weights-refit.safetensors'
const TEST_PER_IMAGE = 'predictions/test.per-image.f32'

/**
 * Trains a trial once more on all images but test, `refitTimes` as many steps as its first evaluation took; with a second seed where
 * the first fails.
 */
export async function refitTrial(local: LocalEvaluation, { number, pipeline }: FinalTask, signal: AbortSignal): Promise<Refit> {
  const folder = refitFolder(number)
  const place = join(local.runFolder, folder)
  const scored = paceOf(await firstEvaluation(local, number))
  if (scored === null) throw new Error(`trial ${number} was scored without a training`)
  const { dataset, tools, trainSeconds, runSeed, refitTimes } = local
  const pace = { ...scored, steps: Math.round(scored.steps * refitTimes) }
  const onProgress = (progress: Progress) => local.onProgress(progress, { trial: number, repeat: 'refit' })
  let failed: Failed | null = null
  for (const seed of [deriveSeed(runSeed, 'refit', number), deriveSeed(runSeed, 'refit', number, 'again')]) {
    await rm(place, { recursive: true, force: true })
    await mkdir(place, { recursive: true })
    const done = await refit({ dataset, pipeline, seed, trainSeconds, pace, folder: place, onProgress }, tools, signal)
    if (done.status === 'refitted') return recordRefit(done.artefact, { number, seed, folder, place })
    failed = done
  }
  throw refitFailed(number, failed as Failed)
}

type RefitPlace = { readonly number: number; readonly seed: number; readonly folder: string; readonly place: string }

async function recordRefit(artefact: Artefact, { number, seed, folder, place }: RefitPlace): Promise<Refit> {
  const { code: _code, weights: _weights, ...stored } = artefact
  await writeJson(join(place, REFIT_FILE), stored)
  const files = await hashFiles(place, [REFIT_FILE, REFIT_WEIGHTS])
  return { record: { trial: number, repeat: 0, seed, folder, files }, training: artefact.training }
}

/** Scores the sealed test with the refit of a trial or with the model of its first evaluation. */
export async function testTrial(
  local: LocalEvaluation,
  trial: FinalTask,
  kind: Artefact['kind'],
  signal: AbortSignal,
): Promise<Evaluation> {
  const { dataset, metric, tools } = local
  const artefact = await artefactOf(local, trial, kind)
  const folder = testFolder(trial.number)
  const place = join(local.runFolder, folder)
  await rm(place, { recursive: true, force: true })
  await mkdir(place, { recursive: true })
  const onProgress = (progress: Progress) => local.onProgress(progress, { trial: trial.number, repeat: 'test' })
  const outcome = await scoreTest({ dataset, artefact, metric, folder: place, onProgress }, tools, signal)
  await writeOutcome(place, outcome)
  const files = await hashFiles(place, [OUTCOME_FILE, ...(outcome.status === 'scored' ? [TEST_PER_IMAGE] : [])])
  const images = outcome.status === 'scored' ? await readTestResults(place, dataset, metric) : null
  return { outcome, images, record: { trial: trial.number, repeat: 0, seed: artefact.seed, folder, files } }
}

/** The trained weights of a trial with all that predicting needs. */
export async function artefactOf(local: LocalEvaluation, trial: FinalTask, kind: Artefact['kind']): Promise<Artefact> {
  return kind === 'refit' ? refitArtefact(local, trial.number) : scoredArtefact(local, trial)
}

async function refitArtefact(local: LocalEvaluation, trial: number): Promise<Artefact> {
  const place = join(local.runFolder, refitFolder(trial))
  const stored = (await readJson(join(place, REFIT_FILE))) as Omit<Artefact, 'code' | 'weights'> | null
  const weights = evaluationLayout.weights(place, 'refit')
  if (stored === null || (await hashFile(weights).catch(() => null)) !== stored.sha256)
    throw new ExternalError('disk', `the refit of trial ${trial} is missing or was changed`, { evidence: [place] })
  return { ...stored, code: evaluationLayout.code(place), weights }
}

async function scoredArtefact(local: LocalEvaluation, { number, pipeline }: FinalTask): Promise<Artefact> {
  const { dataset, trainSeconds, metric, tools } = local
  const folder = join(local.runFolder, evaluationFolder(number, 0))
  const { seed } = (await readJson(join(folder, ASKED_FILE))) as { seed: number }
  const request = { dataset, pipeline, seed, trainSeconds, metric, folder, onProgress: () => {} }
  return asScored(request, await firstEvaluation(local, number), tools)
}

/** What the first evaluation of a trial came to; only scored trials are carried to the end of a run. */
async function firstEvaluation({ runFolder }: LocalEvaluation, trial: number): Promise<Scored> {
  const folder = join(runFolder, evaluationFolder(trial, 0))
  const outcome = await readOutcome(folder)
  if (outcome?.status === 'scored') return outcome
  throw new ExternalError('disk', `the outcome of trial ${trial} is missing`, { evidence: [folder] })
}

function refitFailed(trial: number, { stage, message, evidence, logTail }: Failed): ExternalError {
  return new ExternalError('environment', `the refit of trial ${trial} failed with two seeds: ${stage}, ${message}`, {
    evidence: [...evidence, ...logTail.trimEnd().split('\n').slice(-8)],
    fix: 'improve resume tries both again, nothing of the search is lost; a new run with --no-refit ships the model that was scored, where val is one split or rotates',
  })
}
