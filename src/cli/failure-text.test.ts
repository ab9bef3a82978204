import { expect, test } from 'vitest'
import { classifierError, failureLines } from './failure-text.ts'

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

const LOG = `Traceback (most recent call last):
  File "/code/model.py", line 46, in forward
    raise ValueError("no picture")
ValueError: no picture

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/harness/improve_harness/pipeline.py", line 85, in guard
    raise failure_of(error, stage) from error
improve_harness.protocol.Failure: model.py line 46: ValueError: no picture
  printed by the model
`

test('a classifier that fails says so with all that was found and its log, without stacks', () => {
  const error = classifierError({
    message: 'model.py line 46: ValueError: no picture',
    evidence: ['training.py: predict is missing'],
    logTail: LOG,
  })
  expect(error.message).toBe('the classifier could not be run: model.py line 46: ValueError: no picture')
  expect(error.evidence).toEqual(['training.py: predict is missing', '|   printed by the model'])
})

test('of a process that ended without a word the exception is the evidence, and of a long log the end', () => {
  const message = 'the process ended during start with exit code 1 before finishing it'
  const stack = 'Traceback (most recent call last):\n  File "x.py", line 1\n    import torch\nModuleNotFoundError: no torch\n'
  expect(classifierError({ message, evidence: [], logTail: stack }).evidence).toEqual(['| ModuleNotFoundError: no torch'])
  const long = Array.from({ length: 20 }, (_, index) => `line ${index}`).join('\n')
  const { evidence } = classifierError({ message, evidence: [], logTail: long })
  expect([evidence.length, evidence.at(-1)]).toEqual([8, '| line 19'])
})
