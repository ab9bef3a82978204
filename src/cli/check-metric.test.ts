import { expect, test } from 'vitest'
import { checkTarget } from './check-metric.ts'

test('a target above 1 is refused for a share, and is meant in nats for the log loss', () => {
  expect(() => checkTarget(1.2, 'accuracy')).toThrow('--target 1.2 cannot be reached: accuracy is a share of 1')
  for (const [target, metric] of [
    [undefined, 'accuracy'],
    [0.95, 'macro-f1'],
    [2.3, 'log-loss'],
  ] as const)
    expect(() => checkTarget(target, metric)).not.toThrow()
})
