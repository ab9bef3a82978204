import { foldsOfEvaluation } from '../core/dataset.ts'
import { formatPercent } from '../core/format.ts'
import type { Progress } from '../harness/index.ts'
import { showLeft, withProgress } from './terminal.ts'
import type { Terminal } from './terminal.ts'
import type { Trial } from './trial.ts'

/** Shows how far an evaluation is: stage, fold, share done, time left of its trainings. */
export function withTrialProgress<T>(
  trial: Trial,
  title: string,
  terminal: Terminal,
  work: (onProgress: (progress: Progress) => void) => Promise<T>,
): Promise<T> {
  const folds = foldsOfEvaluation(trial.dataset.facts).length
  const training = new TrainingClock()
  let last: Progress | null = null
  const describe = () => {
    if (last === null) return `${title}: checking the pipeline and measuring its speed`
    const fold = folds > 1 && !title.startsWith('test') ? ` fold ${last.fold + 1} of ${folds}` : ''
    if (last.stage === 'predict') return `${title}: predicting${fold} ${formatPercent(last.share, 0)}`
    const left = training.secondsLeft(title.startsWith('test') ? 0 : folds - 1 - last.fold)
    return `${title}: training${fold} ${formatPercent(training.share(), 0)}${showLeft(left)}`
  }
  return withProgress(terminal, describe, () =>
    work((progress) => {
      last = progress
      if (progress.stage === 'train') training.note(progress)
    }),
  )
}

/** Tells share and time left from how fast the steps really come; before the first report, from what was expected. */
class TrainingClock {
  private startedAt = 0
  private expectedSeconds = 1
  private reported = 0

  note(progress: Progress): void {
    if (progress.expectedSeconds !== undefined) {
      this.startedAt = performance.now()
      this.expectedSeconds = progress.expectedSeconds
    }
    this.reported = progress.share
  }

  share(): number {
    return this.reported
  }

  secondsLeft(laterFolds: number): number {
    const elapsed = (performance.now() - this.startedAt) / 1000
    const whole = this.reported > 0 ? elapsed / this.reported : Math.max(this.expectedSeconds, elapsed)
    return Math.max(0, whole - elapsed) + laterFolds * whole
  }
}
