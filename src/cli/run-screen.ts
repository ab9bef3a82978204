import { COMPONENTS } from '../core/pipeline.ts'
import { formatCount, formatEstimate, formatPercent, formatSeconds, wrap } from '../core/format.ts'
import type { StampedEvent } from '../core/run-events.ts'
import type { RunState, TrialState } from '../core/run-state.ts'
import type { RunSpec } from '../core/run-spec.ts'
import { describeSpending, sumSpending } from '../core/spending.ts'
import { printable } from '../core/names.ts'
import type { EvaluationName, Progress } from '../harness/index.ts'
import { proposalsLeft } from '../refine/budget.ts'
import type { Run } from '../refine/run.ts'
import { describeFolds } from './fold-text.ts'
import { showLeft } from './terminal.ts'
import type { Terminal } from './terminal.ts'
import { TrainingClock } from './training-clock.ts'

const INDENT = '     '
const WIDTH = 80
const FOLDS = 5

/** What a person sees of a run while it works: a paragraph for each trial that is decided, and a line that moves. */
export class RunScreen {
  private readonly terminal: Terminal
  private readonly isJson: boolean
  private of: EvaluationName | null = null
  private clock = new TrainingClock()
  private started = performance.now()
  private last: Progress | null = null
  private isStopping = false

  constructor(terminal: Terminal, isJson: boolean) {
    this.terminal = terminal
    this.isJson = isJson
  }

  progress(progress: Progress, of: EvaluationName): void {
    if (of.trial !== this.of?.trial || of.repeat !== this.of?.repeat) this.begin(of)
    this.last = progress
    if (progress.stage !== 'train') return
    if (progress.expectedSeconds === undefined) this.clock.report(this.elapsed(), progress.share)
    else this.clock.begin(this.elapsed(), progress.expectedSeconds)
  }

  private begin(of: EvaluationName): void {
    this.of = of
    this.clock = new TrainingClock()
    this.started = performance.now()
  }

  announceStop(): void {
    this.isStopping = true
    this.terminal.note('stopping when this training has ended; Ctrl-C again stops at once')
  }

  /** The line that moves. */
  describe(state: RunState, run: Run): string {
    const stop = this.isStopping ? ' (stopping)' : ''
    const { spec } = run
    const active = run.journal.activeSeconds()
    const rest = state.searchEnd === null ? `, ${proposalsLeft(spec, state, active)} more fit` : ''
    return `${this.activity(spec)}${stop} | ${formatSeconds(active)} of ${formatSeconds(spec.budget.timeSeconds)}${rest}`
  }

  show(event: StampedEvent, state: RunState): void {
    if (this.isJson) return this.terminal.print(JSON.stringify(event))
    for (const line of linesOf(event, state)) this.terminal.note(line)
  }

  private activity(spec: RunSpec): string {
    if (this.of === null || this.last === null) return 'getting ready'
    const { trial, repeat } = this.of
    const isNumbered = typeof repeat === 'number'
    const what = isNumbered ? `#${trial}${repeat > 0 ? ` again, seed ${repeat + 1}` : ''}` : `#${trial} ${repeat}`
    const folds = isNumbered && spec.dataset.scheme === 'pooled' ? FOLDS : 1
    const fold = describeFolds(this.last, folds)
    if (this.last.stage === 'predict') return `${what}: predicting${fold}`
    const now = this.elapsed()
    const left = this.clock.secondsLeft(now, this.last.later ?? 0)
    return `${what}: training${fold} ${formatPercent(this.clock.share(now), 0)}${showLeft(left)}`
  }

  private elapsed(): number {
    return (performance.now() - this.started) / 1000
  }
}

/** What an event is worth saying, wrapped to 80 columns. */
function linesOf(event: StampedEvent, state: RunState): string[] {
  const spec = state.spec
  if (spec === null) return []
  switch (event.type) {
    case 'trial.proposed': {
      const trial = state.trials[event.trial]
      return event.trial === 0 || trial === undefined ? [] : proposalLines(trial)
    }
    case 'evaluation.finished': {
      const { record, outcome } = event
      if (record.trial !== 0) return []
      const seed = `seed ${record.repeat + 1}`
      if (outcome.status === 'failed')
        return [...paragraph('#0', `baseline, ${seed}: failed in ${outcome.stage}: ${outcome.message}`)]
      return paragraph('#0', `baseline, ${seed}: val ${formatEstimate(spec.metric, outcome.chosen)}, n = ${formatCount(outcome.n)}`)
    }
    case 'trial.repaired': {
      const trial = state.trials[event.trial]
      return trial === undefined ? [] : repairLines(trial)
    }
    case 'trial.decided':
      return [...paragraph('', event.decision.reason), ...spendingLines(state)]
    case 'hint.given':
      return paragraph('', `the team is told: ${printable(event.text)}`)
    case 'search.ended':
      return [`the search ends: ${event.reason}`]
    case 'test.opened':
      return ['opening the sealed test, once for baseline and best']
    default:
      return []
  }
}

/** The failure that went back to its author, and what it was answered with. */
function repairLines({ number, failures, changes }: TrialState): string[] {
  const failure = failures.at(-1)
  const titles = changes.map((change) => change.title).join('; ')
  const failed = failure === undefined ? 'failed' : `failed in ${failure.stage}: ${failure.message}`
  return paragraph(number === 0 ? '#0' : '', `${failed}; mended by its author${titles === '' ? '' : `: ${titles}`}`)
}

/** What language models have cost until now. */
function spendingLines({ calls }: RunState): string[] {
  return calls.length === 0 ? [] : paragraph('', `so far ${describeSpending(sumSpending(calls))}`)
}

function proposalLines({ number, changes, diagnosis, refusal }: TrialState): string[] {
  if (refusal !== null) return paragraph(`#${number}`, 'no proposal')
  const components = COMPONENTS.filter((component) => changes.some((change) => change.component === component))
  const titles = changes.map((change) => change.title).join('; ')
  const safety = changes.flatMap((change) =>
    change.labelSafety === null ? [] : paragraph('', `label safety: ${change.labelSafety}`),
  )
  return [
    ...paragraph(`#${number}`, `${components.join(' + ')}: ${titles}`),
    ...(diagnosis === null ? [] : paragraph('', `because ${diagnosis.diagnosis}`)),
    ...safety,
  ]
}

function paragraph(label: string, text: string): string[] {
  const lines = wrap(text, WIDTH - INDENT.length).split('\n')
  return lines.map((line, index) => (index === 0 ? label.padEnd(INDENT.length) : INDENT) + line)
}
