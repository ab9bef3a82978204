import type { RunEvent, StampedEvent } from '../core/run-events.ts'
import type { Apply, EvaluationState, RunState, TestState, TrialState } from '../core/run-state.ts'

/** The state of a run without events. */
export const EMPTY_STATE: RunState = {
  spec: null,
  status: 'empty',
  activeSeconds: 0,
  startedAt: null,
  trials: [],
  best: null,
  searchEnd: null,
  refits: [],
  test: null,
  calls: [],
  hints: [],
  replacements: [],
  finished: null,
}

type Event<T extends RunEvent['type']> = Extract<StampedEvent, { type: T }>

export function fold(events: readonly StampedEvent[]): RunState {
  return events.reduce(apply, EMPTY_STATE)
}

/** The state after one more event. Throws for an event that cannot follow, which is a mistake of whoever made it. */
export const apply: Apply = (state, event) => {
  const check = checker(event)
  checkStatus(state, event, check)
  check(event.activeSeconds >= state.activeSeconds, 'active seconds never go back')
  return { ...change(state, event, check), activeSeconds: event.activeSeconds }
}

type Check = (isSo: boolean, otherwise: string) => void

function checker({ seq, type }: StampedEvent): Check {
  return (isSo, otherwise) => {
    if (!isSo) throw new Error(`event ${seq} (${type}) cannot follow: ${otherwise}`)
  }
}

/** A run begins once, ends once, and works only between a start or resume and an interruption. */
function checkStatus({ status }: RunState, { type }: StampedEvent, check: Check): void {
  check(
    (status === 'empty') === (type === 'run.started'),
    status === 'empty' ? 'the run has not started' : 'the run has started before',
  )
  check(status !== 'finished', 'the run is finished')
  check(status !== 'interrupted' || type === 'run.resumed', 'the run is interrupted and was not resumed')
}

function change(state: RunState, event: StampedEvent, check: Check): RunState {
  switch (event.type) {
    case 'run.started':
      return { ...state, status: 'running', spec: event.spec, startedAt: event.at }
    case 'run.resumed':
      return { ...state, status: 'running' }
    case 'run.interrupted':
      return { ...state, status: 'interrupted' }
    case 'trial.proposed':
      return propose(state, event, check)
    case 'trial.repaired':
      return repair(state, event, check)
    case 'llm.answered':
      return { ...state, calls: [...state.calls, event.cost] }
    case 'team.replaced': {
      const { by, reason } = event
      return { ...state, replacements: [...state.replacements, { by, reason, trial: state.trials.length }] }
    }
    case 'hint.given':
      return { ...state, hints: [...state.hints, event.text] }
    case 'evaluation.started':
      return startEvaluation(state, event, check)
    case 'evaluation.finished':
      return finishEvaluation(state, event, check)
    case 'trial.decided':
      return decide(state, event, check)
    case 'search.ended':
      return endSearch(state, event, check)
    case 'refit.finished':
      return finishRefit(state, event, check)
    case 'test.opened':
    case 'test.scored':
    case 'test.compared':
      return { ...state, test: changeTest(state, event, check) }
    case 'run.finished':
      check(event.best < state.trials.length, `there is no trial ${event.best}`)
      return { ...state, status: 'finished', finished: event.reason }
  }
}

function propose(state: RunState, event: Event<'trial.proposed'>, check: Check): RunState {
  const { trial: number, base, diagnosis, changes, pipeline, refusal } = event
  check(state.searchEnd === null, 'the search has ended')
  check(number === state.trials.length, `the next trial is ${state.trials.length}, not ${number}`)
  check(base === null || base < number, `there is no trial ${base} to change`)
  const isNew = { failures: [], evaluations: [], decision: null, lesson: null }
  const trial: TrialState = { number, base, diagnosis, changes, pipeline, refusal, ...isNew }
  return { ...state, trials: [...state.trials, trial] }
}

/** Only what failed is repaired: its evaluation is set aside, and the mended pipeline is evaluated from the start. */
function repair(state: RunState, event: Event<'trial.repaired'>, check: Check): RunState {
  const { trial: number, changes, pipeline } = event
  const trial = trialOf(state, number, check)
  const failed = trial.evaluations[0]?.finished?.outcome
  check(trial.decision === null, `trial ${number} is decided`)
  if (failed?.status !== 'failed') return check(false, `trial ${number} has not failed`) as never
  return withTrial(state, { ...trial, changes, pipeline, failures: [...trial.failures, failed], evaluations: [] })
}

/** An evaluation is begun again after a crash, or when the files of a finished one are gone. */
function startEvaluation(state: RunState, event: Event<'evaluation.started'>, check: Check): RunState {
  const { trial: number, repeat, seed, attempt } = event
  const trial = trialOf(state, number, check)
  const earlier = trial.evaluations[repeat]
  check(repeat <= trial.evaluations.length, `repeat ${trial.evaluations.length} of trial ${number} has not begun`)
  check(attempt === (earlier?.attempts ?? 0) + 1, `repeat ${repeat} of trial ${number} was begun ${earlier?.attempts ?? 0} times`)
  check(earlier === undefined || earlier.seed === seed, `repeat ${repeat} of trial ${number} has seed ${earlier?.seed}`)
  return withEvaluation(state, trial, { repeat, seed, attempts: attempt, finished: null })
}

function finishEvaluation(state: RunState, event: Event<'evaluation.finished'>, check: Check): RunState {
  const { record, outcome, activeSeconds } = event
  const trial = trialOf(state, record.trial, check)
  const evaluation = trial.evaluations[record.repeat]
  const name = `repeat ${record.repeat} of trial ${record.trial}`
  check(evaluation?.finished === null, `${name} is not under way`)
  check(evaluation?.seed === record.seed, `${name} has seed ${evaluation?.seed}`)
  const finished: EvaluationState = { ...(evaluation as EvaluationState), finished: { record, outcome, activeSeconds } }
  const isBaseline = trial.number === 0 && state.best === null && outcome.status === 'scored'
  return { ...withEvaluation(state, trial, finished), best: isBaseline ? 0 : state.best }
}

function decide(state: RunState, event: Event<'trial.decided'>, check: Check): RunState {
  const { trial: number, decision, lesson } = event
  const trial = trialOf(state, number, check)
  const finished = trial.evaluations.filter((evaluation) => evaluation.finished !== null)
  const isKept = decision.verdict === 'kept'
  check(trial.decision === null, `trial ${number} is decided`)
  const isEvaluated = finished.length > 0 && finished.length === trial.evaluations.length
  check(isEvaluated || trial.refusal !== null, `trial ${number} is not evaluated to its end`)
  check(!isKept || finished.some(({ finished: end }) => end?.outcome.status === 'scored'), `trial ${number} was not scored`)
  return { ...withTrial(state, { ...trial, decision, lesson }), best: isKept ? number : state.best }
}

function endSearch(state: RunState, event: Event<'search.ended'>, check: Check): RunState {
  check(state.searchEnd === null, 'the search has ended')
  check(event.best < state.trials.length, `there is no trial ${event.best}`)
  check(state.best === null || event.best === state.best, `the best is trial ${state.best}, not ${event.best}`)
  return { ...state, searchEnd: event.reason }
}

function finishRefit(state: RunState, event: Event<'refit.finished'>, check: Check): RunState {
  const { trial, record, steps } = event
  check(state.searchEnd !== null, 'the search has not ended')
  check(!state.refits.some((refit) => refit.trial === trial), `the refit of trial ${trial} is finished`)
  trialOf(state, trial, check)
  return { ...state, refits: [...state.refits, { trial, record, steps }] }
}

function changeTest(state: RunState, event: Event<'test.opened' | 'test.scored' | 'test.compared'>, check: Check): TestState {
  const { test } = state
  if (event.type === 'test.opened') {
    check(state.searchEnd !== null, 'the search has not ended')
    check(test === null, 'the test was opened before')
    for (const trial of event.trials) trialOf(state, trial, check)
    return { openings: event.openings, trials: event.trials, scored: [], compared: null }
  }
  if (test === null) return check(false, 'the test was not opened') as never
  if (event.type === 'test.scored') {
    const { trial, artefact, record, outcome } = event
    check(test.trials.includes(trial), `the test was not opened for trial ${trial}`)
    check(!test.scored.some((scored) => scored.trial === trial), `trial ${trial} was scored on the test before`)
    return { ...test, scored: [...test.scored, { trial, artefact, record, outcome }] }
  }
  check(test.compared === null, 'the test was compared before')
  check(test.scored.length === test.trials.length, 'not every trial was scored on the test')
  return { ...test, compared: { comparison: event.comparison, reason: event.reason } }
}

function trialOf(state: RunState, number: number, check: Check): TrialState {
  const trial = state.trials[number]
  check(trial !== undefined, `there is no trial ${number}`)
  return trial as TrialState
}

function withEvaluation(state: RunState, trial: TrialState, evaluation: EvaluationState): RunState {
  const evaluations = [...trial.evaluations]
  evaluations[evaluation.repeat] = evaluation
  return withTrial(state, { ...trial, evaluations })
}

function withTrial(state: RunState, trial: TrialState): RunState {
  return { ...state, trials: state.trials.with(trial.number, trial) }
}
