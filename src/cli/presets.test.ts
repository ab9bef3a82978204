import { expect, test } from 'vitest'
import { UsageError } from '../core/errors.ts'
import { applyPresets } from './presets.ts'
import type { RunOptions } from './write-spec.ts'

const options: RunOptions = {
  dataset: 'd',
  time: 1200,
  patience: 10,
  metric: 'accuracy',
  strategy: 'iterative',
  pick: 'analyst',
  keep: 'balanced',
  init: 'architect',
  repairs: 2,
  seed: 0,
  out: 'runs',
  llmTimeout: 900,
  datasetInfo: true,
}

test('without a preset the options stay what they are', () => {
  expect(applyPresets(options)).toBe(options)
})

test('the protocol of the paper makes 20 proposals, keeps whatever is higher and mends nothing', () => {
  expect(applyPresets({ ...options, preset: 'paper', llm: 'openai:m' })).toMatchObject({
    trials: 20,
    keep: 'paper',
    repairs: 0,
    historian: true,
  })
  expect(applyPresets({ ...options, preset: 'paper', trials: 5 })).toMatchObject({ trials: 5 })
  expect(applyPresets({ ...options, preset: 'paper' }).historian).toBeUndefined()
})

test('zero-shot is one answer, or the best of several without a look at results', () => {
  expect(applyPresets({ ...options, strategy: 'zero-shot' })).toMatchObject({ trials: 0, keep: 'paper', repairs: 0 })
  expect(applyPresets({ ...options, strategy: 'zero-shot', bestOf: 4 })).toMatchObject({ trials: 3 })
})

test('options that mean nothing to a strategy are refused', () => {
  expect(() => applyPresets({ ...options, bestOf: 3 })).toThrow(UsageError)
  expect(() => applyPresets({ ...options, strategy: 'zero-shot', trials: 3 })).toThrow(UsageError)
})
