import { expect, test } from 'vitest'
import { parseModel } from './model-name.ts'
import { assumedCapabilities, openEndpoint, type EndpointOptions } from './providers.ts'

const open = (model: string, options: Partial<EndpointOptions> = {}) =>
  openEndpoint(parseModel(model), { key: 'k', baseUrl: null, environment: {}, fetch, ...options })

test.each([
  ['openai:m', {}, 'https://api.openai.com/v1'],
  ['openai:m', { OPENAI_BASE_URL: 'https://proxy.example/openai/v1/' }, 'https://proxy.example/openai/v1'],
  ['anthropic:m', { ANTHROPIC_BASE_URL: 'https://proxy.example' }, 'https://proxy.example/v1'],
  ['google:m', { OPENAI_BASE_URL: 'https://proxy.example' }, 'https://generativelanguage.googleapis.com/v1beta'],
  ['ollama:m', {}, 'http://127.0.0.1:11434/v1'],
  ['lmstudio:m', {}, 'http://127.0.0.1:1234/v1'],
  ['vllm:m', {}, 'http://127.0.0.1:8000/v1'],
  ['openrouter:m', {}, 'https://openrouter.ai/api/v1'],
])('%s with %j is asked at %s', (model, environment, address) => {
  expect(open(model, { environment }).address).toBe(address)
})

test('the address that the user gives wins, as it stands', () => {
  const environment = { OPENAI_BASE_URL: 'https://proxy.example/v1' }
  expect(open('openai:m', { environment, baseUrl: 'http://127.0.0.1:9' }).address).toBe('http://127.0.0.1:9')
})

test('what is known of an endpoint replaces what is assumed, one by one', () => {
  expect(assumedCapabilities('local')).toEqual({ structured: false, vision: false, reasoningTokens: 0 })
  expect(open('local:m', { baseUrl: 'http://x/v1', known: { vision: true } }).capabilities).toEqual({
    structured: false,
    vision: true,
    reasoningTokens: 0,
  })
})
