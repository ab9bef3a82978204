import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { redact, redactJson } from './redact.ts'

const keyText = fc.string({ unit: fc.constantFrom(...'abcdefXYZ0123456789-_+/="\\&$ '), minLength: 8, maxLength: 60 })

test('a literal key is hidden wherever it stands, also in addresses, JSON and base64', () => {
  fc.assert(
    fc.property(keyText, fc.string(), fc.string(), (key, before, after) => {
      fc.pre(!'[key]'.includes(key) && !before.includes(key) && !after.includes(key))
      const shown = redact(`${before}\n${key}\n${after} ${encodeURIComponent(key)} ${JSON.stringify({ key })}`, [key])
      expect(shown).not.toContain(key)
      expect(shown).not.toContain(encodeURIComponent(key))
    }),
  )
  expect(redact(Buffer.from('key-of-the-user').toString('base64'), ['key-of-the-user'])).toBe('[key]')
})

test.each([
  `sk-${'a1'.repeat(20)}`,
  `sk-proj-${'Ab_'.repeat(20)}`,
  `sk-ant-api03-${'Ab-'.repeat(20)}`,
  `sk-or-v1-${'0f'.repeat(32)}`,
  `AIza${'Sy0'.repeat(12)}`,
  `gsk_${'a1B2'.repeat(10)}`,
  `hf_${'a1B2'.repeat(8)}`,
  `ghp_${'a1B2'.repeat(9)}`,
  'AKIAABCDEFGHIJKLMNOP',
])('%s is hidden without being known', (key) => {
  expect(redact(`config = "${key}"`, [])).toBe('config = "[key]"')
})

test('what follows a header that carries a key is hidden', () => {
  expect(redact('authorization: Bearer abc.def-12345', [])).toBe('authorization: Bearer [key]')
  expect(redact('{"x-api-key":"abcdefgh1234"}', [])).toBe('{"x-api-key":"[key]"}')
})

test('Python of a pipeline stays as it is', () => {
  const source = 'import sklearn\ntask_name = "risk-adjusted"\nsk_scale = 0.5  # desk-sized-pictures-of-various-things\nmask-out'
  expect(redact(source, ['none', ''])).toBe(source)
})

test('every string of a value is cleaned, and nothing else', () => {
  expect(redactJson({ a: [1, 'my secret-1234'], b: null }, ['secret-1234'])).toEqual({ a: [1, 'my [key]'], b: null })
})
