import { expect, test } from 'vitest'
import { fingerprintOf } from './fingerprint.ts'

test('the order of keys and the reasons do not count', () => {
  const design = { width: 8, stem: { kernel: 3, stride: 1 }, why: { width: 'a reason' } }
  expect(fingerprintOf({ stem: { stride: 1, kernel: 3 }, why: {}, width: 8 })).toBe(fingerprintOf(design))
})

test('a changed value, an added key and another order of a list do', () => {
  const prints = [{ a: [1, 2] }, { a: [2, 1] }, { a: [1, 2], b: null }, { a: [1, '2'] }, { a: { 0: 1, 1: 2 } }].map(fingerprintOf)
  expect(new Set(prints).size).toBe(prints.length)
})

test('it is a SHA-256 of canonical JSON', () => {
  expect(fingerprintOf({ b: 1, a: { d: true, c: 'x' } })).toBe('8db12c99f4ab6cb9510437ba655f2ce027fe900d0c2bcb0d9f4a8ad05ce2cda9')
})
