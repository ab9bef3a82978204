import { relative } from 'node:path'
import { foldsOfEvaluation, testCount, valCount } from '../core/dataset.ts'
import { formatSeconds, plural, row } from '../core/format.ts'
import { noiseSentence } from '../core/noise.ts'
import type { RunSpec } from '../core/run-spec.ts'
import type { RunState } from '../core/run-state.ts'
import { shareOfTraining } from '../core/rounds.ts'
import { renderCardSummary } from '../dataset/index.ts'
import type { Session } from './run-session.ts'
import { describeTeam } from './team-text.ts'
import type { Terminal } from './terminal.ts'

/** Says what will be done before it is done; of a run that goes on, where it stands. */
export function showRunPlan(session: Session, spec: RunSpec, state: RunState, terminal: Terminal): void {
  const { dataset, card, plan } = session
  terminal.note(renderCardSummary(card, dataset.facts, { name: spec.name, testOpens: 'end-of-run' }))
  const noise = { metric: spec.metric, images: valCount(dataset.facts), seeds: 2, imageVariance: null, seedDeviation: null }
  terminal.note(row('noise', noiseSentence(noise)))
  terminal.note(row('metric', spec.metric + (spec.metric === 'log-loss' ? ' (less is better)' : '')))
  terminal.note(row('team', `${describeTeam(spec)}, strategy ${spec.strategy}, keep rule ${spec.keep}, starts from ${spec.init}`))
  terminal.note(row('time', timeText(spec, session)))
  if (plan?.neededTimeSeconds != null && state.trials.length === 0) {
    const wanted = `ranking pipelines on these images wants about ${formatSeconds(plan.neededTimeSeconds)} (--time)`
    terminal.note(row('warning', `trials are short for so many images: ${wanted}`))
  }
  terminal.note(row('at the end', endText(spec, testCount(dataset.facts))))
  terminal.note(row('machine', `${spec.machine.device}, ${plural(spec.machine.threads, 'thread')}, ${spec.machine.dtype}`))
  terminal.note(row('sandbox', session.parts.python.sandbox.description))
  terminal.note(row('folder', relative(terminal.cwd, session.folder) || '.'))
  if (state.trials.length > 0) terminal.note(row('so far', soFar(state)))
  terminal.note('')
}

function timeText(spec: RunSpec, { plan, dataset, parts }: Session): string {
  const folds = foldsOfEvaluation(dataset.facts).length
  const { trainSeconds, timeSeconds } = spec.budget
  const share = shareOfTraining(trainSeconds, folds, spec.machine, parts.python.threads)
  const atOnce = share.atOnce > 1 ? `, ${share.atOnce} at once` : ''
  const each = folds > 1 ? ` (${folds} folds of ${formatSeconds(share.trainSeconds)}${atOnce})` : ''
  const fit = plan === null ? '' : `, about ${plural(plan.proposals, 'proposal')}`
  return `${formatSeconds(timeSeconds)}: trials of ${formatSeconds(trainSeconds)}${each}${fit}`
}

function endText({ refit, refitTimes }: RunSpec, sealed: number): string {
  const longer = refitTimes > 1 ? `, ${refitTimes} times as long as a trial` : ''
  const shipped = refit ? `a refit on all images but the test${longer}` : 'the model that was scored'
  if (sealed === 0) return `${shipped}; there is no sealed test, so that the estimate is that of val`
  return `${shipped}; the sealed test of ${plural(sealed, 'image')} is opened once`
}

function soFar({ trials, activeSeconds, best }: RunState): string {
  const decided = trials.filter((trial) => trial.decision !== null).length
  const start = best === null ? 'the baseline is not scored yet' : `best is trial ${best}`
  return `${plural(decided, 'proposal')} decided in ${formatSeconds(activeSeconds)}, ${start}`
}
