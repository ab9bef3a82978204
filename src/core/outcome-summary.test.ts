import { expect, test } from 'vitest'
import { ended, failed } from '../../tests/support/sample-run.ts'
import { summarize } from './outcome-summary.ts'
import { runEventSchema } from './run-events.ts'

test('the journal keeps what a failing process said beside its message; a line without it has none', () => {
  const seconds = { start: 1, smoke: 2, train: 0, predict: 0, score: 0 }
  const outcome = {
    status: 'failed',
    stage: 'check',
    kind: 'contract',
    message: 'one',
    evidence: ['two'],
    logTail: '',
    seconds,
  } as const
  const summary = summarize(outcome)
  expect(summary).toMatchObject({ message: 'one', evidence: ['two'], seconds: 3 })
  expect(runEventSchema.parse(ended(1, summary))).toMatchObject({ outcome: { evidence: ['two'] } })
  const { evidence, ...old } = failed.status === 'failed' ? failed : { ...summary, evidence: [] }
  expect(evidence).not.toEqual([])
  expect(runEventSchema.parse({ ...ended(1, failed), outcome: old })).toMatchObject({ outcome: { evidence: [] } })
})
