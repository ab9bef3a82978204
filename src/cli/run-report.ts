import { join, relative } from 'node:path'
import { formatCount, formatEstimate, formatSeconds, plural, quoteForShell, row } from '../core/format.ts'
import { describeComparison } from '../core/keep-reason.ts'
import { countProposals, firstScore } from '../core/run-facts.ts'
import type { OutcomeSummary } from '../core/run-events.ts'
import type { RunSpec } from '../core/run-spec.ts'
import type { RunState } from '../core/run-state.ts'
import { describeSpending, sumSpending } from '../core/spending.ts'
import type { Terminal } from './terminal.ts'

export type RunReport = { readonly folder: string; readonly spec: RunSpec; readonly state: RunState; readonly json: boolean }

/** Baseline and final, on val and on the sealed test; what each kept change was worth; where it lies; what to do next. */
export function printRunReport({ folder, spec, state, json }: RunReport, terminal: Terminal): void {
  if (json) return
  const place = relative(terminal.cwd, folder) || '.'
  terminal.print('')
  for (const line of [...countLines(state), ...valLines(spec, state), ...testLines(spec, state), ...keptLines(state)])
    terminal.print(line)
  terminal.print(row('time', `${formatSeconds(state.activeSeconds)}; ${describeCost(state)}`))
  if (state.calls.length > 0) terminal.print(row('model calls', describeSpending(sumSpending(state.calls))))
  terminal.print(row('weights', join(place, 'best', 'weights.safetensors')))
  terminal.print(row('pipeline', `${join(place, 'best', 'pipeline')} (data.py, model.py, training.py)`))
  for (const line of nextLines(state, place)) terminal.print(line)
}

function countLines(state: RunState): string[] {
  const { kept, rejected, failed } = countProposals(state)
  const parts = `${kept} kept, ${rejected} rejected, ${failed} failed`
  return [row('proposals', `${kept + rejected + failed}: ${parts}; ${state.searchEnd ?? 'not ended'}`)]
}

/** Of the decision images; the final's figure chose it, so that it flatters. */
function valLines(spec: RunSpec, state: RunState): string[] {
  const best = state.best ?? 0
  const before = firstScore(state.trials[0])
  const after = firstScore(state.trials[best])
  const lines = [row('val', `baseline ${describe(spec, before)}`)]
  if (best > 0) lines.push(row('', `final    ${describe(spec, after)}; it was chosen on these images, so believe test`))
  return lines
}

function testLines(spec: RunSpec, { test, best }: RunState): string[] {
  if (test === null) return [row('test', 'there is no sealed test: too few images')]
  const lines = test.scored.map((scored, index) => {
    const label = scored.trial === 0 ? 'baseline' : 'final   '
    return row(
      index === 0 ? 'test' : '',
      `${label} ${describe(spec, scored.outcome)} (${scored.artefact}${longer(spec, scored.artefact)})`,
    )
  })
  if (test.compared !== null)
    lines.push(row('gain on test', `${describeComparison(test.compared.comparison, spec.metric)}: ${test.compared.reason}`))
  else if (best === 0) lines.push(row('', 'no change was kept: the baseline is the final pipeline'))
  const openings = test.openings === 1 ? 'once, by this run' : `${test.openings} times`
  return [...lines, row('', `the test of these images has been opened ${openings}`)]
}

/** Val and test differ in more than their images where the refit was trained longer. */
function longer({ refitTimes }: RunSpec, artefact: 'refit' | 'as scored'): string {
  return artefact === 'refit' && refitTimes > 1 ? `, ${refitTimes} times the steps` : ''
}

/** What each kept change brought when it was decided. */
function keptLines({ trials }: RunState): string[] {
  const kept = trials.slice(1).filter((trial) => trial.decision?.verdict === 'kept')
  return kept.map((trial, index) => {
    const what = trial.changes.map(({ component, title }) => `${component}: ${title}`).join('; ')
    return row(index === 0 ? 'kept' : '', `#${trial.number} ${what}. ${trial.decision?.reason ?? ''}`)
  })
}

function nextLines(state: RunState, place: string): string[] {
  const name = quoteForShell(place)
  const failedAll = state.trials.length > 1 && state.trials.slice(1).every((trial) => trial.decision?.stage === 'failed')
  const lines = [row('look', `improve show ${name}   or   improve diff ${name}`)]
  if (failedAll) return [...lines, row('next', 'all proposals failed: read the reasons above, then improve doctor')]
  return [...lines, row('next', `improve predict ${name} my-picture.jpg`)]
}

function describe(spec: RunSpec, outcome: OutcomeSummary | null): string {
  if (outcome?.status !== 'scored') return 'not scored'
  return `${formatEstimate(spec.metric, outcome.chosen)}, n = ${formatCount(outcome.n)}`
}

function describeCost({ trials }: RunState): string {
  const outcomes = trials.flatMap((trial) => trial.evaluations).map((evaluation) => evaluation.finished?.outcome)
  const scored = outcomes.filter((outcome) => outcome?.status === 'scored')
  const cpu = scored.reduce((total, outcome) => total + (outcome?.status === 'scored' ? outcome.cpuSeconds : 0), 0)
  return `${plural(scored.length, 'evaluation')}, ${formatCount(cpu)} CPU-seconds of training`
}
