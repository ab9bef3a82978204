import { isDeepStrictEqual } from 'node:util'
import type { StampedEvent } from '../../src/core/run-events.ts'
import type { RunState } from '../../src/core/run-state.ts'
import { readJournal } from '../../src/journal/index.ts'

/** What a run came to, whichever way it went there. */
export type RunEnd = {
  readonly trials: readonly unknown[]
  readonly best: number | null
  readonly isFinished: boolean
  readonly activeSeconds: number
  /** Answered calls as "role trial", in order. */
  readonly calls: readonly string[]
}

export async function endOf(folder: string): Promise<RunEnd> {
  const { state } = await readJournal(folder)
  return {
    trials: state.trials.map(trialEnd),
    best: state.best,
    isFinished: state.finished !== null,
    activeSeconds: state.activeSeconds,
    calls: state.calls.map(({ role, trial }) => `${role} ${trial}`),
  }
}

function trialEnd({ base, diagnosis, changes, pipeline, refusal, failures, evaluations, decision }: RunState['trials'][number]) {
  const scores = evaluations.map(({ repeat, finished }) => ({ repeat, outcome: finished?.outcome ?? null }))
  return { base, diagnosis, changes, pipeline, refusal, failures, scores, decision }
}

/** How an end differs from the one that was expected, a sentence each. */
export function differences(end: RunEnd, expected: RunEnd): string[] {
  const lost = expected.trials.length - end.trials.length
  const changed = end.trials.flatMap((trial, number) => (isDeepStrictEqual(trial, expected.trials[number]) ? [] : [number]))
  return [
    ...(end.isFinished ? [] : ['the run is not finished']),
    ...(lost === 0 ? [] : [`${lost} trials are lost`]),
    ...(changed.length === 0 ? [] : [`trials ${changed.join(', ')} came to something else`]),
    ...(end.best === expected.best ? [] : [`the best is trial ${end.best} and not ${expected.best}`]),
  ]
}

/** An event without its times, and without what a replay has by its nature: another source, and calls that cost nothing. */
export function timeless(event: StampedEvent): unknown {
  const { at: _at, activeSeconds: _active, ...rest } = event
  if (rest.type === 'run.started') return { ...rest, spec: { ...rest.spec, createdAt: '', llm: null } }
  if (rest.type !== 'llm.answered') return JSON.parse(JSON.stringify(rest, (name, value: unknown) => (isTime(name) ? 0 : value)))
  const { role, trial, model, inputTokens, outputTokens, exchange } = rest.cost
  return { ...rest, cost: { role, trial, model, inputTokens, outputTokens, exchange } }
}

function isTime(name: string): boolean {
  return name === 'seconds' || name === 'teamSeconds'
}
