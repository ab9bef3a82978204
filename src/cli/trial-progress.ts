import { foldsOfEvaluation } from '../core/dataset.ts'
import { formatPercent } from '../core/format.ts'
import type { Progress } from '../harness/index.ts'
import { showLeft, withProgress } from './terminal.ts'
import type { Terminal } from './terminal.ts'
import { TrainingClock } from './training-clock.ts'
import type { Trial } from './trial.ts'

/** Shows how far an evaluation is: stage, fold, share done, time left. */
export function withTrialProgress<T>(
  trial: Trial,
  title: string,
  terminal: Terminal,
  work: (onProgress: (progress: Progress) => void) => Promise<T>,
): Promise<T> {
  const folds = foldsOfEvaluation(trial.dataset.facts).length
  const training = new TrainingClock()
  const started = performance.now()
  let last: Progress | null = null
  const describe = (now: number) => {
    if (last === null) return `${title}: checking the pipeline and measuring its speed`
    const fold = folds > 1 && !title.startsWith('test') ? ` fold ${last.fold + 1} of ${folds}` : ''
    if (last.stage === 'predict') return `${title}: predicting${fold} ${formatPercent(last.share, 0)}`
    const left = training.secondsLeft(now, title.startsWith('test') ? 0 : folds - 1 - last.fold)
    return `${title}: training${fold} ${formatPercent(training.share(now), 0)}${showLeft(left)}`
  }
  return withProgress(terminal, describe, () =>
    work((progress) => {
      last = progress
      if (progress.stage !== 'train') return
      const now = (performance.now() - started) / 1000
      if (progress.expectedSeconds === undefined) training.report(now, progress.share)
      else training.begin(now, progress.expectedSeconds)
    }),
  )
}
