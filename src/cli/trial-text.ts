import { formatSeconds, plural, row, wrap } from '../core/format.ts'
import { describeGain } from '../core/keep-reason.ts'
import { printable } from '../core/names.ts'
import type { MetricName } from '../core/outcome.ts'
import type { ScoredSummary } from '../core/run-facts.ts'
import type { EvaluationState, TrialState } from '../core/run-state.ts'
import { scoreText } from './metric-text.ts'

const WIDTH = 80
const INDENT = '    '

/** Untrusted words of a role or of a log, as one line. */
export function words(text: string): string {
  return printable(text, 2000)
}

/** "training", "data + model", "baseline". */
export function componentsText({ number, changes }: TrialState): string {
  if (number === 0) return 'baseline'
  return changes.map(({ component }) => component).join(' + ') || 'no change'
}

/** "kept", "rejected", "failed", "under way"; nothing for the baseline, on which nobody decides. */
function verdictText({ decision, number }: TrialState): string {
  if (decision === null) return number === 0 ? '' : 'under way'
  return decision.stage === 'failed' ? 'failed' : decision.verdict
}

/** A trial as a paragraph of the table: figures, what it changed, why it was decided so. */
export function trialLines(trial: TrialState, metric: MetricName, score: ScoredSummary | null): string[] {
  const figures = score === null ? 'not scored' : scoreText(metric, score)
  const verdict = verdictText(trial)
  const head = `#${trial.number} ${componentsText(trial)}: ${figures}${verdict === '' ? '' : `; ${verdict}`}`
  const title = trial.changes.map((change) => words(change.title)).join('; ')
  const reason = trial.decision === null ? '' : words(trial.decision.reason)
  return [wrap(head, WIDTH, INDENT), ...[title, reason].filter((text) => text !== '').map(indented)]
}

function indented(text: string): string {
  return INDENT + wrap(text, WIDTH - INDENT.length).replaceAll('\n', `\n${INDENT}`)
}

/** Everything that is known of one trial, as rows. */
export function trialReport(trial: TrialState, metric: MetricName, note: string | null, place: string): string[] {
  const { diagnosis, changes, decision, lesson, base } = trial
  const rows: [string, string][] = [
    ['trial', `#${trial.number}, ${componentsText(trial)}${base === null ? '' : `, changed from #${base}`}`],
    ...(trial.number === 0 && note !== null ? understandingRows(note) : []),
    ...(diagnosis === null
      ? []
      : ([
          ['diagnosis', words(diagnosis.diagnosis)],
          [
            'bottleneck',
            `${words(diagnosis.bottleneck)}; predicted ${describeGain(diagnosis.predictedGain, metric)} of val ${metric}`,
          ],
          ['task', words(diagnosis.task)],
        ] satisfies [string, string][])),
    ...changes.flatMap(({ component, title, kind, rationale, labelSafety }): [string, string][] => [
      ['change', `${component}: ${words(title)} (${words(kind)})`],
      ['rationale', words(rationale)],
      ...(labelSafety === null ? [] : [['label safety', words(labelSafety)] as [string, string]]),
    ]),
    ...trial.evaluations.map((evaluation): [string, string] => [`repeat ${evaluation.repeat}`, evaluationText(evaluation, metric)]),
    ...(decision === null ? [] : [['decision', words(decision.reason)] as [string, string]]),
    ...(lesson === null ? [] : [['lesson', words(lesson)] as [string, string]]),
    ['files', place],
  ]
  return rows.map(([label, text]) => row(label, text))
}

/** The Architect's note: what it understood, then what it designed, as paragraphs. */
export function understandingRows(note: string): [string, string][] {
  const [understanding = '', ...design] = note.split('\n\n')
  return [
    ['understanding', words(understanding)],
    ...design.map((text, index): [string, string] => [index === 0 ? 'design' : '', words(text)]),
  ]
}

function evaluationText({ finished, seed, attempts }: EvaluationState, metric: MetricName): string {
  const begun = attempts > 1 ? `, begun ${attempts} times` : ''
  if (finished === null) return `under way or cut; seed ${seed}${begun}`
  const { outcome, record } = finished
  const end = `seed ${seed}${begun}; ${record.folder}`
  if (outcome.status === 'failed')
    return `failed in ${outcome.stage} (${outcome.kind}): ${[outcome.message, ...outcome.evidence].map(words).join('; ')}; ${end}`
  const cost = `${plural(outcome.steps, 'step')} in ${formatSeconds(outcome.trainSeconds)} of training, ${formatSeconds(outcome.seconds)} in all`
  return `${scoreText(metric, outcome)}; ${cost}; ${end}`
}
