import { expect, test } from 'vitest'
import { ProviderGone } from '../core/language-model.ts'
import { sampleQuestion } from '../../tests/support/llm-question.ts'
import { checkCall, checkCaps, estimateUsage } from './caps.ts'
import { parseModel } from './model-name.ts'

const DAY = new Date('2026-11-23T00:00:00Z')
const call = { usd: 0.1, tokens: 1000 }

test('a call that just fits is made, one more token or cent is not', () => {
  expect(() => checkCall({ usd: null, tokens: 5000 }, { usd: 0, tokens: 4000 }, call)).not.toThrow()
  expect(() => checkCall({ usd: null, tokens: 4999 }, { usd: 0, tokens: 4000 }, call)).toThrow('could go past --max-tokens 4999')
  expect(() => checkCall({ usd: 0.5, tokens: null }, { usd: 0.4, tokens: 0 }, call)).not.toThrow()
  expect(() => checkCall({ usd: 0.5, tokens: null }, { usd: 0.41, tokens: 0 }, call)).toThrow(ProviderGone)
  expect(() => checkCall({ usd: null, tokens: null }, { usd: 1e9, tokens: 1e12 }, call)).not.toThrow()
})

test('a limit of money needs the price of every model, a limit of tokens of none', () => {
  const models = [parseModel('openai:gpt-5'), parseModel('ollama:qwen3')]
  expect(() => checkCaps({ usd: 1, tokens: null }, models, DAY)).toThrow('ollama:qwen3 is not in the price table')
  expect(() => checkCaps({ usd: null, tokens: 1 }, models, DAY)).not.toThrow()
  expect(() => checkCaps({ usd: 1, tokens: null }, models.slice(0, 1), DAY)).not.toThrow()
})

test('the estimate counts instructions, turns, schema, pictures and the longest visible reply', () => {
  const plain = sampleQuestion({ instructions: 'a'.repeat(350), turns: [{ from: 'us', text: 'b'.repeat(350) }] })
  expect(estimateUsage(plain)).toMatchObject({ inputTokens: 200, outputTokens: 400 })
  const images = [{ png: new Uint8Array(), caption: '' }]
  expect(estimateUsage({ ...plain, turns: [{ from: 'us', text: 'b'.repeat(350), images }] }).inputTokens).toBe(1700)
  expect(estimateUsage({ ...plain, schema: { type: 'object' } }).inputTokens).toBeGreaterThan(200)
})
