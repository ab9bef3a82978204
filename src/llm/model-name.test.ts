import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../core/errors.ts'
import { baseUrlOf, checkModelChoice, modelOf, modelsOf, parseModel, PROVIDERS, type ModelChoice } from './model-name.ts'

const choice = (changes: Partial<ModelChoice> = {}): ModelChoice => ({
  model: 'openai:gpt-5',
  roles: {},
  baseUrl: null,
  ...changes,
})

describe('parseModel', () => {
  test('only the first colon splits', () => {
    expect(parseModel('local:qwen3.5:32b')).toEqual({ provider: 'local', model: 'qwen3.5:32b', text: 'local:qwen3.5:32b' })
    expect(parseModel('openrouter:qwen/qwen3-coder:free').model).toBe('qwen/qwen3-coder:free')
  })

  test('a mistyped provider is answered with the nearest', () => {
    const error = attempt(() => parseModel('opnai:gpt-5'))
    expect(error).toMatchObject({ message: 'there is no provider "opnai"', fix: 'openai:gpt-5' })
  })

  test.each([
    ['gpt-5', 'the model "gpt-5" has no provider before it'],
    ['openai:', '"openai:" names no model of openai'],
    ['openai:gpt 5', '"openai:gpt 5" names no model of openai'],
    ['', 'the model "" has no provider before it'],
    ['constructor:x', 'there is no provider "constructor"'],
  ])('"%s" is refused', (text, message) => {
    expect(() => parseModel(text)).toThrow(message)
  })

  test('any text is a model or a mistake of the user', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.tuple(fc.constantFrom(...PROVIDERS), fc.string()).map((parts) => parts.join(':')),
        ),
        (text) => {
          const parsed = attempt(() => parseModel(text))
          const whole = parsed instanceof UsageError ? text : `${parsed.provider}:${parsed.model}`
          expect(whole).toBe(text)
        },
      ),
    )
  })
})

describe('a choice of models', () => {
  test('a role may have a model of its own; roles beside the five have the default', () => {
    const roles = { analyst: 'anthropic:claude-opus-5-5' }
    expect(modelOf(choice({ roles }), 'analyst').text).toBe('anthropic:claude-opus-5-5')
    expect(modelOf(choice({ roles }), 'data').text).toBe('openai:gpt-5')
    expect(modelOf(choice({ roles }), 'historian').text).toBe('openai:gpt-5')
    expect(modelsOf(choice({ roles: { ...roles, data: 'openai:gpt-5' } })).map(({ text }) => text)).toEqual([
      'openai:gpt-5',
      'anthropic:claude-opus-5-5',
    ])
  })

  test('survives being written as JSON', () => {
    const whole = choice({ roles: { data: 'local:m' }, baseUrl: 'http://127.0.0.1:8000/v1' })
    expect(checkModelChoice(JSON.parse(JSON.stringify(whole)) as ModelChoice)).toEqual(whole)
  })

  test('the address belongs to local: where that is named, else to the default', () => {
    const url = 'http://gpu:8000/v1'
    const mixed = choice({ roles: { data: 'local:m' }, baseUrl: url })
    expect([baseUrlOf(mixed, 'local'), baseUrlOf(mixed, 'openai')]).toEqual([url, null])
    expect(baseUrlOf(choice({ model: 'ollama:m', baseUrl: url }), 'ollama')).toBe(url)
  })

  test('local: without an address is refused', () => {
    expect(() => checkModelChoice(choice({ roles: { data: 'local:m' } }))).toThrow('local:m has no address')
  })

  test.each([
    ['gpu:8000', 'is no http address'],
    ['file:///etc/passwd', 'is no http address'],
    ['http://user:secret@gpu/v1', 'holds a name or password'],
    ['http://gpu/v1?key=secret', 'would be cut off'],
  ])('the address %s is refused', (baseUrl, message) => {
    expect(() => checkModelChoice(choice({ baseUrl }))).toThrow(message)
  })
})

/** What it gives, or the mistake of the user that it throws. */
function attempt<T>(work: () => T): T | UsageError {
  try {
    return work()
  } catch (error) {
    if (error instanceof UsageError) return error
    throw error
  }
}
