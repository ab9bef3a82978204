import { expect, test } from 'vitest'
import { begun, proposed, recordOf, sampleSpec, scored } from './support/sample-run.ts'
import type { RunEvent } from '../src/core/run-events.ts'
import type { RunSpec } from '../src/core/run-spec.ts'
import { apply, EMPTY_STATE } from '../src/journal/state.ts'
import { reasonToStop } from '../src/refine/budget.ts'

const AT = '2026-11-23T06:00:00.000Z'
const NOW = new Date(Date.parse(AT) + 500_000)

/** After a baseline of the given worth; an evaluation of it took 38.25 s. */
function reason(more: Partial<RunSpec>, budget: Partial<RunSpec['budget']>, value: number, activeSeconds = 0): string | null {
  const spec = sampleSpec({ ...more, budget: { ...sampleSpec().budget, trials: null, ...budget } })
  const events: RunEvent[] = [
    { type: 'run.started', spec },
    proposed(0),
    begun(0),
    { type: 'evaluation.finished', record: recordOf(0), outcome: scored(value) },
  ]
  const state = events.reduce((before, event, seq) => apply(before, { ...event, seq, at: AT, activeSeconds: 0 }), EMPTY_STATE)
  return reasonToStop(spec, state, activeSeconds, NOW)
}

test('a target is reached from below, of log loss from above', () => {
  expect(reason({}, { target: 0.9 }, 0.89)).toBeNull()
  expect(reason({}, { target: 0.9 }, 0.9)).toBe('the target of 90.0 % on val is reached')
  expect(reason({ metric: 'log-loss' }, { target: 0.3 }, 0.31)).toBeNull()
  expect(reason({ metric: 'log-loss' }, { target: 0.3 }, 0.3)).toBe('the target of 0.3 nats on val is reached')
})

test('a proposal is begun only while its first look, a fresh seed and the end of the run fit', () => {
  const needed = 2 * 38.25 + 30
  expect(reason({ refit: false }, {}, 0.9, 1800 - needed - 0.1)).toBeNull()
  expect(reason({ refit: false }, {}, 0.9, 1800 - needed + 0.1)).toMatch(/^the time is used up/)
  expect(reason({ refit: false }, { wallSeconds: 500 + needed + 0.1 }, 0.9)).toBeNull()
  expect(reason({ refit: false }, { wallSeconds: 500 + needed - 0.1 }, 0.9)).toBe('the wall time is used up')
})
