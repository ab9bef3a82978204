import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  anyEventAfter,
  begun,
  closing,
  decided,
  ended,
  failed,
  opening,
  proposed,
  scored,
  stampAll,
  started,
  wholeTrial,
} from '../../tests/support/sample-run.ts'
import type { RunEvent } from '../core/run-events.ts'
import { apply, EMPTY_STATE, fold } from './state.ts'

const stateAfter = (...events: RunEvent[]) => fold(stampAll(events))

test('no events are an empty run', () => {
  expect(fold([])).toBe(EMPTY_STATE)
})

test('the baseline is the best as soon as it is scored', () => {
  expect(stateAfter(...opening().slice(0, 3)).best).toBeNull()
  expect(stateAfter(...opening()).best).toBe(0)
})

test('a baseline that failed is no best', () => {
  expect(stateAfter(started(), proposed(0), begun(0), ended(0, failed)).best).toBeNull()
})

test('the best is the trial that was kept last', () => {
  const { best, trials } = stateAfter(
    ...opening(),
    ...wholeTrial(1, 0.9, 'kept'),
    ...wholeTrial(2, 0.89, 'rejected', 1),
    ...wholeTrial(3, 0.91, 'kept', 1),
    ...wholeTrial(4, null, 'rejected', 3),
  )
  expect(best).toBe(3)
  expect(trials.map((trial) => trial.decision?.verdict)).toEqual([undefined, 'kept', 'rejected', 'kept', 'rejected'])
  expect(trials[2]?.base).toBe(1)
})

test('a whole run is folded to its end', () => {
  const state = stateAfter(...opening(), ...wholeTrial(1, 0.9, 'kept'), ...closing(1))
  expect(state).toMatchObject({ status: 'finished', finished: 'plateau', searchEnd: 'plateau: 8 rejections in a row', best: 1 })
  expect(state.refits.map(({ trial, record }) => [trial, record.folder])).toEqual([[1, 'refit']])
  expect(state.test?.scored.map(({ trial, artefact }) => [trial, artefact])).toEqual([
    [0, 'as scored'],
    [1, 'refit'],
  ])
  expect(state.test?.compared?.reason).toContain('656 images')
})

test('an evaluation that was cut is begun again with the same seed', () => {
  const state = stateAfter(...opening(), proposed(1), begun(1), { type: 'run.resumed' }, begun(1, 0, 2))
  expect(state.trials[1]?.evaluations).toEqual([{ repeat: 0, seed: 100, attempts: 2, finished: null }])
})

test('a finished evaluation whose files are gone may be begun again', () => {
  const state = stateAfter(...opening(), begun(0, 0, 2), ended(0, scored(0.88)))
  expect(state.trials[0]?.evaluations[0]).toMatchObject({ attempts: 2, finished: { outcome: { chosen: { value: 0.88 } } } })
})

test('an interrupted run goes on after it was resumed', () => {
  const interrupted: RunEvent = { type: 'run.interrupted', reason: 'Ctrl-C' }
  expect(stateAfter(...opening(), interrupted).status).toBe('interrupted')
  expect(stateAfter(...opening(), interrupted, { type: 'run.resumed' }, proposed(1)).status).toBe('running')
})

const kept = [...opening(), ...wholeTrial(1, 0.9, 'kept')]
const opened = [...kept, ...closing(1).slice(0, 3)]
const scoreTest = closing(1)[3]!
test.each<[string, RunEvent[], RunEvent]>([
  ['event 0 (run.resumed) cannot follow: the run has not started', [], { type: 'run.resumed' }],
  ['event 4 (run.started) cannot follow: the run has started before', opening(), started()],
  [
    'event 5 (trial.proposed) cannot follow: the run is interrupted and was not resumed',
    [...opening(), { type: 'run.interrupted', reason: '' }],
    proposed(1),
  ],
  ['event 15 (run.resumed) cannot follow: the run is finished', [...kept, ...closing(1)], { type: 'run.resumed' }],
  ['event 4 (trial.proposed) cannot follow: the next trial is 1, not 2', opening(), proposed(2)],
  ['event 4 (trial.proposed) cannot follow: there is no trial 1 to change', opening(), proposed(1, 1)],
  ['event 9 (trial.proposed) cannot follow: the search has ended', [...kept, closing(1)[0]!], proposed(2)],
  ['event 4 (evaluation.started) cannot follow: there is no trial 1', opening(), begun(1)],
  ['event 4 (evaluation.started) cannot follow: repeat 1 of trial 0 has not begun', opening(), begun(0, 2)],
  ['event 4 (evaluation.started) cannot follow: repeat 0 of trial 0 was begun 1 times', opening(), begun(0)],
  [
    'event 4 (evaluation.started) cannot follow: repeat 0 of trial 0 has seed 0',
    opening(),
    { type: 'evaluation.started', trial: 0, repeat: 0, seed: 7, attempt: 2 },
  ],
  ['event 4 (evaluation.finished) cannot follow: repeat 0 of trial 0 is not under way', opening(), ended(0, failed)],
  [
    'event 5 (trial.decided) cannot follow: trial 1 is not evaluated to its end',
    [...opening(), proposed(1)],
    decided(1, 'rejected'),
  ],
  [
    'event 6 (trial.decided) cannot follow: trial 1 is not evaluated to its end',
    [...opening(), proposed(1), begun(1)],
    decided(1, 'rejected'),
  ],
  [
    'event 7 (trial.decided) cannot follow: trial 1 was not scored',
    [...opening(), proposed(1), begun(1), ended(1, failed)],
    decided(1, 'kept'),
  ],
  ['event 8 (trial.decided) cannot follow: trial 1 is decided', kept, decided(1, 'kept')],
  ['event 8 (search.ended) cannot follow: the best is trial 1, not 0', kept, { type: 'search.ended', reason: '', best: 0 }],
  ['event 8 (refit.finished) cannot follow: the search has not ended', kept, closing(1)[1]!],
  [
    'event 10 (refit.finished) cannot follow: the refit of trial 1 is finished',
    [...kept, ...closing(1).slice(0, 2)],
    closing(1)[1]!,
  ],
  ['event 8 (test.opened) cannot follow: the search has not ended', kept, closing(1)[2]!],
  ['event 11 (test.opened) cannot follow: the test was opened before', opened, closing(1)[2]!],
  ['event 12 (test.scored) cannot follow: trial 0 was scored on the test before', [...opened, scoreTest], scoreTest],
  ['event 12 (test.compared) cannot follow: not every trial was scored on the test', [...opened, scoreTest], closing(1)[5]!],
  ['event 4 (run.finished) cannot follow: there is no trial 1', opening(), { type: 'run.finished', reason: '', best: 1 }],
])('%s', (message, before, event) => {
  const events = stampAll([...before, event])
  const state = fold(events.slice(0, -1))
  expect(() => apply(state, events.at(-1)!)).toThrow(new Error(message))
})

test('active seconds never go back', () => {
  const [first, second] = stampAll(opening())
  const state = apply(EMPTY_STATE, { ...first!, activeSeconds: 5 })
  expect(() => apply(state, { ...second!, activeSeconds: 4 })).toThrow('active seconds never go back')
})

test('applying an event leaves the state before it as it was, and folding twice gives the same', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), fc.string({ unit: 'binary' })), { maxLength: 40 }), (choices) => {
      const events: RunEvent[] = []
      for (const [choice, text] of choices) {
        const state = fold(stampAll(events))
        const frozen = JSON.stringify(state)
        const event = anyEventAfter(state, choice, text)
        events.push(event)
        apply(state, stampAll(events).at(-1)!)
        expect(JSON.stringify(state)).toBe(frozen)
      }
      expect(fold(stampAll(events))).toEqual(fold(stampAll(events)))
    }),
    { numRuns: 40 },
  )
})
