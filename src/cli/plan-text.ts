import { basename } from 'node:path'
import { foldsOfEvaluation } from '../core/dataset.ts'
import { formatSeconds, plural, row } from '../core/format.ts'
import { shareOfTraining } from '../core/rounds.ts'
import { renderCardSummary } from '../dataset/index.ts'
import type { Terminal } from './terminal.ts'
import { needsRefit } from './finish-trial.ts'
import type { Trial } from './trial.ts'

/** Says what will be done before it is done. */
export function showPlan(trial: Trial, terminal: Terminal): void {
  const { options, chosen, machine, dataset } = trial
  const folds = foldsOfEvaluation(dataset.facts).length
  const share = shareOf(trial, folds)
  const atOnce = trial.lanes > 1 ? `, ${trial.lanes} at once` : ''
  const seeds = options.seeds > 1 ? `, ${options.seeds} seeds from ${options.seed} on${atOnce}` : `, seed ${options.seed}`
  terminal.note(renderCardSummary(trial.card, dataset.facts, { name: basename(trial.source), testOpens: 'option' }))
  const [first = '', ...rest] = chosen.reason.split('\n')
  terminal.note(row('pipeline', `${chosen.name}: ${first}`))
  for (const line of rest) terminal.note(row('', line))
  terminal.note(row('metric', options.metric + (options.metric === 'log-loss' ? ' (less is better)' : '')))
  // Of several folds no model can be shipped, so that one is trained on everything but test.
  const refit = needsRefit(trial) ? `, then ${formatSeconds(share.refitSeconds)} on all images for the classifier` : ''
  terminal.note(row('training', `${formatSeconds(options.seconds)}${share.text}${seeds}${refit}`))
  terminal.note(
    row(
      'machine',
      `${machine.device}, ${plural(machine.threads, 'thread')}, ${machine.dtype}, ${machine.channelsLast ? 'channels-last' : 'contiguous'}`,
    ),
  )
  terminal.note(row('sandbox', trial.parts.python.sandbox.description))
  terminal.note('')
}

/** What one training has of the seconds; the one on all images makes as many steps, on all cores. */
function shareOf({ options, machine, lanes, parts }: Trial, folds: number): { text: string; refitSeconds: number } {
  const shared = lanes > 1 ? { ...machine, rates: undefined } : machine
  const share = shareOfTraining(options.seconds, folds, shared, parts.python.threads)
  const refitSeconds = (share.trainSeconds * share.machine.referenceSpeed) / machine.referenceSpeed
  const atOnce = share.atOnce > 1 ? `, ${share.atOnce} at once` : ''
  return { text: folds > 1 ? `, ${folds} folds of ${formatSeconds(share.trainSeconds)} each${atOnce}` : '', refitSeconds }
}
