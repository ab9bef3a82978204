import { expect, test } from 'vitest'
import type { CallCost } from './language-model.ts'
import { describeMoney, describeSpending, sumSpending } from './spending.ts'

const call = (more: Partial<CallCost> = {}): CallCost => ({
  role: 'analyst',
  trial: 1,
  model: 'openai:m',
  inputTokens: 1000,
  cachedInputTokens: 400,
  outputTokens: 200,
  reasoningTokens: 50,
  usd: 0.02,
  seconds: 3,
  attempts: 1,
  exchange: 'llm/0001-analyst.json',
  isReplayed: false,
  ...more,
})

test('calls are summed up with tokens, money and time', () => {
  expect(describeSpending(sumSpending([call(), call({ usd: 0.2 })]))).toBe(
    '2 calls, 2,000 tokens in (800 cached), 400 out (100 of them reasoning), 0.22 USD, 6.0 s of waiting',
  )
})

test('what a provider does not count is not made up', () => {
  const nothing = { inputTokens: null, cachedInputTokens: null, outputTokens: null, reasoningTokens: null, usd: null }
  expect(sumSpending([call(nothing)])).toMatchObject({ calls: 1, inputTokens: 0, unpriced: 1 })
  expect(describeMoney(sumSpending([call(nothing)]))).toBe('price not known')
  expect(describeMoney(sumSpending([call(nothing), call()]))).toBe('at least 0.020 USD')
})

test('an answer that is given again costs neither money nor time', () => {
  expect(sumSpending([call(), call({ isReplayed: true })])).toMatchObject({ calls: 2, inputTokens: 2000, usd: 0.02, seconds: 3 })
  expect(describeMoney(sumSpending([call({ isReplayed: true, usd: null })]))).toBe('0.000 USD')
})
