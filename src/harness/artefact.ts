import { foldsOfEvaluation } from '../core/dataset.ts'
import type { Scored, TrainingSummary } from '../core/outcome.ts'
import { secondsPerTraining } from '../core/step-budget.ts'
import { hashFile } from '../files/hash.ts'
import type { EvaluationRequest } from './evaluate.ts'
import { evaluationLayout } from './evaluation-folder.ts'
import { infoOf } from './info.ts'
import type { Info } from './info.ts'
import type { Tools } from './tools.ts'

/** Trained weights with all that is needed to predict with them. */
export type Artefact = {
  /** `refit`: trained once more on all images but test. `as scored`: the very weights that were scored on val. */
  readonly kind: 'refit' | 'as scored'
  /** Folder with data.py, model.py and training.py. */
  readonly code: string
  readonly weights: string
  /** Of the weights file. */
  readonly sha256: string
  readonly info: Info
  /** Of the evaluation. */
  readonly seed: number
  readonly training: TrainingSummary
}

/** What an evaluation trained. Pooled folds leave several models and no single one to ship: those need a refit. */
export async function asScored(request: EvaluationRequest, val: Scored, tools: Tools): Promise<Artefact> {
  const folds = foldsOfEvaluation(request.dataset.facts, request.repeat)
  const [fold] = folds
  const [training] = val.trainings
  if (fold === undefined || training === undefined || folds.length > 1)
    throw new Error('only an evaluation of one fold leaves one model')
  const weights = evaluationLayout.weights(request.folder, `fold${fold.number}`)
  return {
    kind: 'as scored',
    code: evaluationLayout.code(request.folder),
    weights,
    sha256: await hashFile(weights),
    info: await infoOf(request.dataset, fold.train, fold.number, secondsPerTraining(request.trainSeconds, 1), tools.machine),
    seed: request.seed,
    training,
  }
}
