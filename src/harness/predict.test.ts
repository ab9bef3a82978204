import { expect, test } from 'vitest'
import { chooseCheckRows } from './predict.ts'

test.each([
  [5, 5],
  [20, 20],
  [300, 20],
  [1000, 50],
  [10_000, 500],
  [50_000, 500],
])('of %i images %i are predicted a second time', (count, checked) => {
  expect(new Set(chooseCheckRows(count, 3)).size).toBe(checked)
})
