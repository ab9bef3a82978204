import { expect, test } from 'vitest'
import { failureLines } from './failure-text.ts'

test('a failed try lists every finding under the first, then the end of the log', () => {
  const failure = {
    status: 'failed',
    stage: 'check',
    kind: 'contract',
    message: 'data.py line 2: reads a file',
    evidence: ['model.py line 7: imports socket', 'training.py: configure is missing'],
    logTail: 'first\n\nlast\n',
    seconds: { start: 0, smoke: 0, train: 0, predict: 0, score: 0 },
  } as const
  expect(failureLines(failure)).toEqual([
    'failed: check, data.py line 2: reads a file',
    '  model.py line 7: imports socket',
    '  training.py: configure is missing',
    '  | first',
    '  | last',
  ])
  expect(failureLines({ ...failure, evidence: [], logTail: '' })).toEqual(['failed: check, data.py line 2: reads a file'])
})
