import { foldsOfEvaluation } from '../core/dataset.ts'
import { formatPercent } from '../core/format.ts'
import type { Progress } from '../harness/index.ts'
import { describeFolds } from './fold-text.ts'
import { showLeft, withProgress } from './terminal.ts'
import type { Terminal } from './terminal.ts'
import { TrainingClock } from './training-clock.ts'
import type { Trial } from './trial.ts'

/** One evaluation, for the line that shows how far it is. */
export type Tracker = { readonly onProgress: (progress: Progress) => void; readonly finish: () => void }
/** Begins to follow an evaluation of `folds` trainings, those of the dataset when left out. */
export type Track = (title: string, folds?: number) => Tracker

type State = {
  readonly title: string
  /** What is being done, in words. */
  readonly activity: string
  readonly share: number | null
  readonly secondsLeft: number | null
}

/** Shows how far the evaluations are that `work` adds, of all folds unless it says how many; those that run side by side share a line. */
export async function withTrialProgress<T>(trial: Trial, terminal: Terminal, work: (track: Track) => Promise<T>): Promise<T> {
  const states = new Set<() => State>()
  return withProgress(
    terminal,
    () => describe([...states].map((state) => state())),
    () =>
      work((title, folds = foldsOfEvaluation(trial.dataset.facts).length) => {
        const { onProgress, state } = follow(title, folds)
        states.add(state)
        return { onProgress, finish: () => void states.delete(state) }
      }),
  )
}

function describe(states: readonly State[]): string | null {
  const [first] = states
  if (first === undefined) return null
  if (states.length > 1) {
    const left = Math.max(...states.map((state) => state.secondsLeft ?? 0))
    const shares = states.map(({ title, share }) => `${title} ${share === null ? 'checked' : formatPercent(share, 0)}`)
    return `${shares.join(', ')}${showLeft(left > 0 ? left : null)}`
  }
  const share = first.share === null ? '' : ` ${formatPercent(first.share, 0)}`
  return `${first.title}: ${first.activity}${share}${showLeft(first.secondsLeft)}`
}

function follow(title: string, folds: number): { onProgress: (progress: Progress) => void; state: () => State } {
  const training = new TrainingClock()
  const started = performance.now()
  const elapsed = () => (performance.now() - started) / 1000
  let last: Progress | null = null
  const state = (): State => {
    if (last === null) return { title, activity: 'checking the pipeline and measuring its speed', share: null, secondsLeft: null }
    const fold = describeFolds(last, folds)
    if (last.stage === 'predict') return { title, activity: `predicting${fold}`, share: last.share, secondsLeft: null }
    const now = elapsed()
    const secondsLeft = training.secondsLeft(now, last.later ?? 0)
    return { title, activity: `training${fold}`, share: training.share(now), secondsLeft }
  }
  const onProgress = (progress: Progress) => {
    last = progress
    if (progress.stage !== 'train') return
    if (progress.expectedSeconds === undefined) training.report(elapsed(), progress.share)
    else training.begin(elapsed(), progress.expectedSeconds)
  }
  return { onProgress, state }
}
