import { join } from 'node:path'
import * as z from 'zod'
import { hasScoredProposal } from '../../src/core/run-facts.ts'
import type { RunState, TrialState } from '../../src/core/run-state.ts'
import { findRuns, readJournal, runFolder } from '../../src/journal/index.ts'
import { readExchanges } from '../../src/llm/exchanges.ts'
import type { StoredExchange } from '../../src/llm/exchanges.ts'
import type { Session, SessionEnd } from './weak-model.ts'

/** A line of a stack trace, which no user may ever see. */
const STACK_LINE = /^\s+at .+(:\d+:\d+\)?|<anonymous>\)?|node:internal.*)$/m
const NO_PIPELINE = 'error: there is no first pipeline: '
const questionSchema = z.looseObject({ turns: z.array(z.unknown()) })

/** What is wrong with the end of a run, a sentence each, and what the run came to. */
export async function inspectRun(out: string, session: Session, end: SessionEnd): Promise<{ problems: string[]; figures: string }> {
  const runs = await findRuns(out)
  const [run] = runs
  if (run === undefined) return { problems: [`no run was made; it printed: ${lastLines(end.screen)}`], figures: 'no run' }
  const { state, events } = await readJournal(run.folder)
  const exchanges = await readExchanges(runFolder(run.folder).exchanges)
  const problems = [
    ...(runs.length > 1 ? [`${runs.length} runs were made of one command`] : []),
    ...screenProblems(end, { hasStart: session.trials !== null, hasScored: hasScoredProposal(state) }),
    ...(session.trials === null ? startProblems(state) : runProblems(state, session.trials)),
    ...callProblems(state, exchanges),
  ]
  const repaired = events.filter(({ type }) => type === 'trial.repaired').length
  return { problems, figures: `${figuresOf(state, exchanges, repaired)}; exit code ${end.exitCode}` }
}

/** What the user saw and must not have seen, or did not see. A run of which no proposal could be scored ends with code 1. */
export function screenProblems({ exitCode, screen }: SessionEnd, run: { hasStart: boolean; hasScored: boolean }): string[] {
  const expected = run.hasScored ? 0 : 1
  const isSaid = screen.includes(NO_PIPELINE)
  return [
    ...(exitCode === expected ? [] : [`exit code ${exitCode} and not ${expected}: ${lastLines(screen)}`]),
    ...(STACK_LINE.test(screen) ? [`a stack trace was shown: ${lastLines(screen)}`] : []),
    ...(!run.hasStart && !isSaid ? [`it is not said that there is no first pipeline: ${lastLines(screen)}`] : []),
    ...(run.hasStart && isSaid ? ['it is said that there is no first pipeline'] : []),
  ]
}

function startProblems({ trials, status }: RunState): string[] {
  return [
    ...(trials.length === 0 ? [] : [`${trials.length} trials without a first pipeline`]),
    ...(status === 'interrupted' ? [] : [`the run is ${status} and not interrupted, so that it could not go on`]),
  ]
}

function runProblems({ trials, status, test }: RunState, expected: number): string[] {
  const proposals = trials.slice(1)
  const open = proposals.filter(({ decision }) => decision === null)
  return [
    ...(status === 'finished' ? [] : [`the run is ${status} and not finished`]),
    ...(proposals.length === expected ? [] : [`${proposals.length} proposals and not ${expected}`]),
    ...open.map(({ number }) => `trial ${number} was never decided`),
    ...(test === null || test.scored.length === 0 ? ['the sealed test was not scored'] : []),
  ]
}

/** Every answer is booked and stored, and nobody was asked more often than the rules allow. */
function callProblems({ calls }: RunState, exchanges: readonly StoredExchange[]): string[] {
  const stored = new Set(exchanges.map(({ file }) => join('llm', file)))
  const lost = calls.filter(({ exchange }) => !stored.has(exchange)).length
  const longest = Math.max(0, ...exchanges.map(turnCount))
  return [
    ...(calls.length === 0 ? ['the model was never asked'] : []),
    ...(lost === 0 ? [] : [`${lost} booked answers are not stored`]),
    ...(calls.length === exchanges.length ? [] : [`${exchanges.length} answers are stored and ${calls.length} booked`]),
    ...(longest <= 3 ? [] : [`a question of ${longest} turns`]),
  ]
}

function figuresOf(state: RunState, exchanges: readonly StoredExchange[], repaired: number): string {
  const { calls } = state
  const proposals = state.trials.slice(1)
  const reAsks = exchanges.filter((one) => turnCount(one) > 1).length
  const refused = proposals.filter(({ refusal }) => refusal !== null).length
  const failed = proposals.filter((trial) => trial.refusal === null && hasFailed(trial)).length
  const count = (verdict: string) => proposals.filter((trial) => !hasFailed(trial) && trial.decision?.verdict === verdict).length
  const sum = (of: (call: RunState['calls'][number]) => number | null) => calls.reduce((total, call) => total + (of(call) ?? 0), 0)
  return (
    `${calls.length} calls (${countByRole(calls.map(({ role }) => role))}), ${reAsks} of them re-asks; ${proposals.length} proposals: ` +
    `${refused} refused, ${failed} failed, ${repaired} repaired, ${count('rejected')} rejected, ${count('kept')} kept; ` +
    `${sum((call) => call.inputTokens)} tokens in, ${sum((call) => call.outputTokens)} out, ${Math.round(sum((call) => call.seconds))} s`
  )
}

function hasFailed({ decision }: TrialState): boolean {
  return decision?.stage === 'failed'
}

function countByRole(roles: readonly string[]): string {
  return [...new Set(roles)].map((role) => `${role} ${roles.filter((other) => other === role).length}`).join(', ')
}

function turnCount({ exchange }: StoredExchange): number {
  return questionSchema.parse(exchange.question).turns.length
}

function lastLines(screen: string): string {
  return screen.trim().split('\n').slice(-6).join(' / ')
}
