import { describe, expect, test } from 'vitest'
import type { Usage } from './complete.ts'
import { parseModel } from './model-name.ts'
import { costOf, priceOf, PRICES_CHECKED } from './prices.ts'
import table from './prices.json' with { type: 'json' }

const DAY = new Date('2026-11-23T00:00:00Z')
const usage = (changes: Partial<Usage>): Usage => ({
  inputTokens: 1_000_000,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  ...changes,
})
const cost = (name: string, changes: Partial<Usage>, day = DAY) => costOf(parseModel(name), usage(changes), day)

describe('costOf', () => {
  test('plain input and output at their price per million', () => {
    expect(cost('openai:gpt-5', {})).toBeCloseTo(1.25)
    expect(cost('openai:gpt-5', { inputTokens: 0, outputTokens: 500_000 })).toBeCloseTo(5)
  })

  test('cached tokens are part of the input and cost less', () => {
    expect(cost('openai:gpt-5', { cachedInputTokens: 800_000 })).toBeCloseTo(0.2 * 1.25 + 0.8 * 0.125)
  })

  test('tokens written to a cache cost what the provider asks for that', () => {
    expect(cost('anthropic:claude-opus-5-5', { cacheWriteTokens: 1_000_000 })).toBeCloseTo(5)
  })

  test('an unknown price of cached tokens is that of plain ones', () => {
    expect(cost('google:gemini-3.1-pro-preview', { cachedInputTokens: 1_000_000 })).toBeCloseTo(2)
  })

  test('no price or no count gives no sum', () => {
    expect(cost('ollama:qwen3:32b', {})).toBeNull()
    expect(cost('openai:gpt-5', { outputTokens: null })).toBeNull()
  })
})

describe('priceOf', () => {
  test('a dated snapshot costs what its model costs', () => {
    expect(priceOf(parseModel('openai:gpt-5-2025-08-07'), DAY)).toEqual(priceOf(parseModel('openai:gpt-5'), DAY))
    expect(priceOf(parseModel('anthropic:claude-haiku-4-5-20251001'), DAY)?.output).toBe(5)
  })

  test('a price with an end is followed by the next', () => {
    const name = parseModel('google:gemini-3.8-flash')
    expect(priceOf(name, new Date('2026-12-31T23:59:59Z'))?.input).toBe(0.75)
    expect(priceOf(name, new Date('2027-01-01T00:00:00Z'))?.input).toBe(1.5)
  })
})

test('the table is dated, and every row of it is a model with sane prices', () => {
  expect(PRICES_CHECKED).toMatch(/^\d{4}-\d{2}-\d{2}$/)
  for (const [name, prices] of Object.entries(table.models)) {
    expect(parseModel(name).text).toBe(name)
    for (const price of prices) {
      expect(price.output).toBeGreaterThan(price.input)
      expect(price.cachedInput ?? 0).toBeLessThan(price.input)
    }
    expect(prices.at(-1)).not.toHaveProperty('until')
  }
})
