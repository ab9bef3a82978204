import { ProviderGone, type Question } from '../core/language-model.ts'
import type { Exchanges, StoredExchange } from './exchanges.ts'

/**
 * The answer that a recording gives to a question: the exchange of the very question, else the next unused one of the same role and trial,
 * since an answer can still be of use where the words of the question have changed. `isSame` tells which.
 */
export function findRecorded(
  recording: readonly StoredExchange[],
  question: Question,
  { questionHash, used }: { questionHash: string; used: ReadonlySet<string> },
): { stored: StoredExchange; isSame: boolean } {
  const same = recording.find(({ exchange }) => exchange.questionHash === questionHash)
  if (same !== undefined) return { stored: same, isSame: true }
  const ofTrial = recording.filter(({ exchange }) => exchange.role === question.role && exchange.trial === question.trial)
  const next = ofTrial.find(({ file }) => !used.has(file))
  if (next !== undefined) return { stored: next, isSame: false }
  throw new ProviderGone(
    'recording',
    `the recorded run holds no further answer of the ${question.role} for trial ${question.trial}`,
    {
      evidence: [`${ofTrial.length} recorded for this role and trial, ${recording.length} in all`],
      fix: 'go on with a model (--llm PROVIDER:MODEL), or replay with the settings of the recorded run',
    },
  )
}

/** Files of a recording that a run has taken answers from. */
export function usedFiles(own: Exchanges): Set<string> {
  return new Set(own.all().flatMap(({ exchange }) => exchange.replayedFrom ?? []))
}
