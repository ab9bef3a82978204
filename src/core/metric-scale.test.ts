import { expect, test } from 'vitest'
import { formatGain, formatSignedGain, seedsText } from './metric-scale.ts'

test.each([
  [0.0183, '+1.8'],
  [-0.002, '-0.2'],
  [0, '0.0'],
  [-1e-9, '0.00'],
  [0.0004, '+0.04'],
  [-0.000_96, '-0.1'],
])('a difference in accuracy of %d is told as %s points', (gain, text) => {
  expect(formatSignedGain('accuracy', gain)).toBe(text)
})

test('the area under the curve has a second digit, the log loss is in nats', () => {
  expect(formatSignedGain('auc', 0.0018)).toBe('+0.18')
  expect(formatGain('log-loss', -0.0312)).toBe('-0.031')
})

test('seeds of both sides are told where they differ', () => {
  expect([seedsText(1, 1), seedsText(2, 2), seedsText(2, 3)]).toEqual(['1 seed', '2 seeds', '2 seeds against 3'])
})
