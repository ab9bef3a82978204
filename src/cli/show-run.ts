import { join, relative, resolve } from 'node:path'
import { ExternalError } from '../core/errors.ts'
import { formatCount, formatSeconds, plural, row } from '../core/format.ts'
import { describeComparison } from '../core/keep-reason.ts'
import { countProposals, firstScore } from '../core/run-facts.ts'
import type { RunSpec } from '../core/run-spec.ts'
import type { RunState } from '../core/run-state.ts'
import { describeSpending, sumSpending } from '../core/spending.ts'
import { makeTrialStore, openRun, readJournal } from '../journal/index.ts'
import type { RunFolder } from '../journal/index.ts'
import type { Context } from './context.ts'
import { scoreText } from './metric-text.ts'
import { pickTrial } from './parse-trial.ts'
import { placeOf } from './run-place.ts'
import { describeTeam } from './team-text.ts'
import { statusOf, statusText } from './run-status.ts'
import type { RunStatus } from './run-status.ts'
import { trialLines, trialReport, understandingRows, words } from './trial-text.ts'

export type ShowOptions = {
  readonly run: string
  readonly trial: number | undefined
  readonly out: string
  readonly json?: true | undefined
}

/** A run as a view reads it. */
export type ViewedRun = {
  readonly folder: RunFolder
  /** The folder as seen from here. */
  readonly place: string
  /** How the run is called in a command. */
  readonly called: string
  readonly spec: RunSpec
  readonly state: RunState
  readonly status: RunStatus
  /** The note of a trial; null when its files are missing or were changed. */
  readonly noteOf: (trial: number) => Promise<string | null>
}

/** `improve show`: a run, or one trial of it. */
export async function showRun(options: ShowOptions, context: Context): Promise<void> {
  const { terminal } = context
  const run = await viewRun(options.run, options.out, context)
  if (options.trial === undefined) {
    const understanding = await run.noteOf(0)
    if (options.json) return terminal.print(JSON.stringify(runJson(run, understanding), null, 2))
    for (const line of [...runLines(run, understanding), nextLine(run)]) terminal.print(line)
    return
  }
  const trial = pickTrial(run.state, options.trial)
  const note = await run.noteOf(trial.number)
  if (options.json)
    return terminal.print(JSON.stringify({ ...trial, note, folder: run.folder.trial(trial.number).folder }, null, 2))
  const place = relative(run.folder.folder, run.folder.trial(trial.number).folder)
  for (const line of trialReport(trial, run.spec.metric, note, join(run.place, place))) terminal.print(line)
  if (trial.number > 0) terminal.print(`next:  improve diff ${run.called} ${trial.number}`)
}

/** Finds a run and folds its journal; a run without its first event has nothing to view. */
export async function viewRun(name: string, out: string, { terminal }: Context): Promise<ViewedRun> {
  const folder = await openRun(name, resolve(terminal.cwd, out), terminal.cwd)
  const { state } = await readJournal(folder.folder)
  const { place, called } = placeOf(folder, terminal.cwd)
  if (state.spec === null) {
    throw new ExternalError('journal', `the run ${place} was stopped before it began`, { fix: 'start it again: improve run' })
  }
  const store = makeTrialStore(folder, () => state)
  const noteOf = async (trial: number) => (await store.load(trial))?.note ?? null
  return { folder, place, called, spec: state.spec, state, status: await statusOf(folder.folder, state), noteOf }
}

function runJson({ folder, state, status }: ViewedRun, understanding: string | null): unknown {
  return { folder: folder.folder, understanding, proposals: countProposals(state), ...state, ...status }
}

function runLines(run: ViewedRun, understanding: string | null): string[] {
  const { state, spec } = run
  const trials = state.trials.flatMap((trial) => trialLines(trial, spec.metric, firstScore(trial)))
  const lessons = state.trials.flatMap(({ lesson }) => (lesson === null ? [] : [row('', words(lesson))]))
  return [
    ...specRows(run).map(([label, text]) => row(label, text)),
    '',
    ...(understanding === null ? [] : [...understandingRows(understanding).map(([label, text]) => row(label, text)), '']),
    ...trials,
    '',
    ...(lessons.length === 0 ? [] : [`lessons${lessons[0]?.slice('lessons'.length)}`, ...lessons.slice(1), '']),
    ...resultRows(run).map(([label, text]) => row(label, text)),
  ]
}

/** What was asked, on what, with what. */
function specRows({ place, spec, state, status }: ViewedRun): [string, string][] {
  const { dataset, budget, machine } = spec
  const limits = [
    `ends after ${formatSeconds(budget.timeSeconds)} of work`,
    ...(budget.wallSeconds === null ? [] : [`${formatSeconds(budget.wallSeconds)} in all`]),
    ...(budget.trials === null ? [] : [plural(budget.trials, 'proposal')]),
    ...(budget.target === null ? [] : [`val ${spec.metric} of ${budget.target}`]),
    `${budget.patience} rejections in a row`,
  ]
  const images = `${plural(dataset.imageCount, 'image')}, ${plural(dataset.classes.length, 'class', 'classes')}`
  return [
    ['run', place],
    [
      'status',
      `${statusText(status)}${state.finished === null ? '' : ` (${words(state.finished)})`}, ${formatSeconds(state.activeSeconds)} of work`,
    ],
    ['dataset', `${words(spec.name)}: ${images}, scheme ${dataset.scheme}, ${words(dataset.source)}`],
    ...(spec.about === null ? [] : [['about', words(spec.about)] as [string, string]]),
    ['metric', `${spec.metric}${spec.metric === 'log-loss' ? ' (less is better)' : ''}`],
    ['budget', `${limits.join(' or ')}; ${formatSeconds(budget.trainSeconds)} of training a trial`],
    [
      'team',
      `${describeTeam(spec)}, strategy ${spec.strategy}, keep rule ${spec.keep}, starts from ${words(spec.init)}, seed ${spec.seed}`,
    ],
    ['machine', `${machine.device}, ${plural(machine.threads, 'thread')}, ${machine.dtype}; sandbox ${spec.sandbox.description}`],
  ]
}

function resultRows({ state, spec, place, folder }: ViewedRun): [string, string][] {
  const { kept, rejected, failed, open } = countProposals(state)
  const counts = [`${kept} kept`, `${rejected} rejected`, `${failed} failed`, ...(open === 0 ? [] : [`${open} under way`])]
  const baseline = firstScore(state.trials[0])
  const best = state.best === null || state.best === 0 ? null : firstScore(state.trials[state.best])
  return [
    ['proposals', `${counts.join(', ')}${state.searchEnd === null ? '' : `; ${words(state.searchEnd)}`}`],
    ['baseline', baseline === null ? 'not scored yet' : scoreText(spec.metric, baseline)],
    ...(best === null
      ? []
      : [['best', `#${state.best}, ${scoreText(spec.metric, best)}; chosen on these images`] as [string, string]]),
    ...testRows(state, spec),
    ...(state.calls.length === 0 ? [] : [['llm', describeSpending(sumSpending(state.calls))] as [string, string]]),
    ...(state.best === null
      ? []
      : [['files', join(place, relative(folder.folder, folder.trial(state.best).folder))] as [string, string]]),
    ...(state.finished === null ? [] : [['classifier', join(place, relative(folder.folder, folder.best))] as [string, string]]),
  ]
}

function testRows({ test }: RunState, { metric }: RunSpec): [string, string][] {
  if (test === null) return []
  const scores = test.scored.map(({ trial, artefact, outcome }): [string, string] => [
    'test',
    `#${trial} ${artefact}: ${outcome.status === 'scored' ? scoreText(metric, outcome) : `failed: ${words(outcome.message)}`}`,
  ])
  const gain: [string, string][] =
    test.compared === null ? [] : [['gain on test', describeComparison(test.compared.comparison, metric)]]
  return [...scores, ...gain, ['', `opened ${test.openings === 1 ? 'once' : `${formatCount(test.openings)} times`} so far`]]
}

/** One command, on one line so that it can be pasted. */
function nextLine({ status, called, state }: ViewedRun): string {
  const look = state.best === null || state.best === 0 ? `show ${called} <trial>` : `diff ${called}`
  const command = { running: `stop ${called}`, interrupted: `resume ${called}`, finished: look }[status.status]
  return `next:  improve ${command}`
}
