import { expect, test } from 'vitest'
import { screenProblems } from './inspect-run.ts'

const NO_PIPELINE =
  'error: there is no first pipeline: no valid reply of the architect in 3 tries: it is empty\nfix: name a stronger model'

const SCORED = { hasStart: true, hasScored: true }
const NONE_SCORED = { hasStart: true, hasScored: false }
const NO_START = { hasStart: false, hasScored: false }

test('a run with a scored proposal ends with code 0, one without with code 1, and one without a start says so', () => {
  expect(screenProblems({ exitCode: 0, screen: '#1 kept\nbest  trial 1' }, SCORED)).toEqual([])
  expect(screenProblems({ exitCode: 1, screen: '#1 refused\nbest  trial 0' }, NONE_SCORED)).toEqual([])
  expect(screenProblems({ exitCode: 1, screen: NO_PIPELINE }, NO_START)).toEqual([])
})

test('a stack trace is found, and a sentence with the word at is none', () => {
  const trace = 'TypeError: x is not a function\n    at work (file:///somewhere/src/cli/run.ts:12:5)'
  expect(screenProblems({ exitCode: 0, screen: trace }, SCORED)).toEqual([expect.stringContaining('a stack trace was shown')])
  expect(screenProblems({ exitCode: 0, screen: 'look\n  at https://example.org/a' }, SCORED)).toEqual([])
})

test('another exit code, and one that a signal took away, are found', () => {
  expect(screenProblems({ exitCode: 1, screen: 'out of memory' }, SCORED)).toEqual(['exit code 1 and not 0: out of memory'])
  expect(screenProblems({ exitCode: null, screen: NO_PIPELINE }, NO_START)).toEqual([
    expect.stringContaining('exit code null and not 1'),
  ])
})

test('a missing first pipeline has to be said where there is none, and only there', () => {
  expect(screenProblems({ exitCode: 1, screen: 'error: something' }, NO_START)).toEqual([
    'it is not said that there is no first pipeline: error: something',
  ])
  expect(screenProblems({ exitCode: 1, screen: NO_PIPELINE }, NONE_SCORED)).toEqual(['it is said that there is no first pipeline'])
})
