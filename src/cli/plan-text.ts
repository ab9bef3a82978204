import { basename } from 'node:path'
import { foldsOfEvaluation } from '../core/dataset.ts'
import { formatSeconds, plural, row } from '../core/format.ts'
import { renderCardSummary } from '../dataset/index.ts'
import type { Terminal } from './terminal.ts'
import type { Trial } from './trial.ts'

/** Says what will be done before it is done. */
export function showPlan(trial: Trial, terminal: Terminal): void {
  const { options, chosen, machine, dataset } = trial
  const folds = foldsOfEvaluation(dataset.facts).length
  const share = folds > 1 ? `, ${folds} folds of ${formatSeconds(options.seconds / folds)} each` : ''
  const atOnce = trial.lanes > 1 ? `, ${trial.lanes} at once` : ''
  const seeds = options.seeds > 1 ? `, ${options.seeds} seeds from ${options.seed} on${atOnce}` : `, seed ${options.seed}`
  terminal.note(renderCardSummary(trial.card, dataset.facts, basename(trial.source)))
  terminal.note(row('pipeline', `${chosen.name}: ${chosen.reason}`))
  terminal.note(row('metric', options.metric + (options.metric === 'log-loss' ? ' (less is better)' : '')))
  terminal.note(row('training', `${formatSeconds(options.seconds)}${share}${seeds}`))
  terminal.note(
    row(
      'machine',
      `${machine.device}, ${plural(machine.threads, 'thread')}, ${machine.dtype}, ${machine.channelsLast ? 'channels-last' : 'contiguous'}`,
    ),
  )
  terminal.note(row('sandbox', trial.parts.python.sandbox.description))
  terminal.note('')
}
