import { expect, test } from 'vitest'
import { describeFolds } from './fold-text.ts'

test.each([
  [[0], 5, ' fold 1 of 5'],
  [[2, 3], 5, ' folds 3 and 4 of 5'],
  [[0, 1, 2], 5, ' folds 1, 2 and 3 of 5'],
  [[0], 1, ''],
])('folds %j of %i are told as "%s"', (folds, total, text) => {
  expect(describeFolds({ stage: 'train', fold: folds[0] ?? 0, share: 0, folds }, total)).toBe(text)
})

test('a fold that is alone need not be listed', () => {
  expect(describeFolds({ stage: 'train', fold: 2, share: 0 }, 5)).toBe(' fold 3 of 5')
})
