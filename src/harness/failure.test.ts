import { expect, test } from 'vitest'
import { parseEvent } from './events.ts'
import type { FailedEvent } from './events.ts'
import { reportedFailure } from './failure.ts'

function failedEvent(more: object): FailedEvent {
  const line = JSON.stringify({ type: 'failed', stage: 'check', kind: 'contract', message: 'first', ...more })
  const event = parseEvent('train', line)
  if (event.type !== 'failed') throw new Error('not a failure')
  return event
}

test('what a failing process says beside its message is carried on, few lines, short and printable', () => {
  const flood = Array.from({ length: 5000 }, (_, index) => `finding ${index}`)
  const evidence = ['model.py line 7: \u001b[2Jimports\nsocket', ' ', 'x'.repeat(10_000), ...flood]
  const failure = reportedFailure(failedEvent({ evidence }), 'start', '')
  expect(failure).toMatchObject({ stage: 'check', kind: 'contract', message: 'first' })
  expect(failure.evidence).toHaveLength(8)
  expect(failure.evidence[0]).toBe('model.py line 7: ?[2Jimports socket')
  expect(failure.evidence[1]).toHaveLength(400)
  expect(failure.evidence[2]).toBe('finding 0')
})

test('a process that says nothing beside its message leaves no evidence', () => {
  expect(reportedFailure(failedEvent({}), 'start', '').evidence).toEqual([])
  expect(reportedFailure(failedEvent({ evidence: null }), 'start', '').evidence).toEqual([])
})
