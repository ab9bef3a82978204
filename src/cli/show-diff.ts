import { ExternalError, UsageError } from '../core/errors.ts'
import { row } from '../core/format.ts'
import { firstScore } from '../core/run-facts.ts'
import type { TrialState } from '../core/run-state.ts'
import { diffPipelines, makeTrialStore } from '../journal/index.ts'
import type { Trial } from '../core/trial.ts'
import type { Context } from './context.ts'
import { scoreText } from './metric-text.ts'
import { paintDiff } from './paint-diff.ts'
import { pickTrial } from './parse-trial.ts'
import { viewRun } from './show-run.ts'
import type { ShowOptions, ViewedRun } from './show-run.ts'
import { componentsText, words } from './trial-text.ts'

/** `improve diff`: what a trial changed against its base, or the best against the baseline, and what that was worth. */
export async function showDiff(options: ShowOptions, context: Context): Promise<void> {
  const { terminal } = context
  const run = await viewRun(options.run, options.out, context)
  const pair = pickPair(run, options.trial)
  if (pair === null) return terminal.note('no change was kept: the best pipeline is the baseline')
  const [from, to] = [await loadTrial(run, pair.from), await loadTrial(run, pair.to)]
  const text = diffPipelines(from.pipeline, to.pipeline)
  const changes = changesBetween(run, pair)
  if (options.json) return terminal.print(JSON.stringify({ from: pair.from, to: pair.to, trials: changes, diff: text }, null, 2))
  for (const line of headLines(run, pair, changes)) terminal.print(line)
  terminal.print('')
  terminal.print((terminal.hasColors ? paintDiff(text) : text).trimEnd())
}

type Pair = { readonly from: number; readonly to: number }

/** Which two trials are meant; null when the best is the baseline. */
function pickPair({ state }: ViewedRun, number: number | undefined): Pair | null {
  if (number === undefined) return state.best === null || state.best === 0 ? null : { from: 0, to: state.best }
  const { base } = pickTrial(state, number)
  if (base !== null) return { from: base, to: number }
  throw new UsageError('trial 0 is the baseline: it changes nothing', {
    fix: 'name a later trial, or none for the best against the baseline',
  })
}

async function loadTrial({ folder, state }: ViewedRun, number: number): Promise<Trial> {
  const trial = await makeTrialStore(folder, () => state).load(number)
  if (trial !== null) return trial
  throw new ExternalError('journal', `the files of trial ${number} are missing, or are not those that were trained`, {
    evidence: [`looked in  ${folder.trial(number).folder}`],
    fix: 'restore them from a copy; the journal holds their hashes',
  })
}

/** The trials whose changes lead from one to the other, oldest first. */
function changesBetween({ state }: ViewedRun, { from, to }: Pair): TrialState[] {
  const chain: TrialState[] = []
  for (let number: number | null = to; number !== null && number !== from; number = state.trials[number]?.base ?? null) {
    chain.unshift(pickTrial(state, number))
  }
  return chain
}

function headLines({ state, spec }: ViewedRun, { from, to }: Pair, changes: readonly TrialState[]): string[] {
  const score = (number: number) => {
    const scored = firstScore(state.trials[number])
    return scored === null ? 'not scored' : scoreText(spec.metric, scored)
  }
  return [row(`#${from}`, score(from)), row(`#${to}`, score(to)), ...changes.flatMap((trial) => ['', ...changeLines(trial)])]
}

function changeLines(trial: TrialState): string[] {
  return [
    row(`#${trial.number}`, `${componentsText(trial)}: ${trial.changes.map(({ title }) => words(title)).join('; ')}`),
    ...trial.changes.map(({ rationale }) => row('why', words(rationale))),
    ...(trial.decision === null ? [] : [row('effect', words(trial.decision.reason))]),
  ]
}
