import { expect, test } from 'vitest'
import { differenceInterval, meanInterval, studentQuantile } from './student.ts'

test.each([
  [1, 12.706],
  [2, 4.303],
  [3, 3.182],
  [4, 2.776],
  [9, 2.262],
  [10, 2.228],
  [30, 2.042],
  [120, 1.98],
])('with %i degrees of freedom the table of Student has %f', (freedom, quantile) => {
  expect(studentQuantile(freedom)).toBeCloseTo(quantile, 3)
})

test('the mean of three values lies within 4.303 standard errors', () => {
  const interval = meanInterval([1, 2, 3])
  expect(interval?.low).toBeCloseTo(2 - 4.3027 / Math.sqrt(3), 3)
  expect(interval?.high).toBeCloseTo(2 + 4.3027 / Math.sqrt(3), 3)
})

test('one value, or values without spread, give no interval', () => {
  expect(meanInterval([0.4])).toBeNull()
  expect(meanInterval([0.4, 0.4])).toBeNull()
  expect(differenceInterval([0.4], [0.1, 0.2])).toBeNull()
  expect(differenceInterval([0.4, 0.4], [0.1, 0.1])).toBeNull()
})

test('two samples of equal size and spread are compared with their degrees of freedom added', () => {
  const interval = differenceInterval([11, 12, 13], [1, 2, 3])
  const reach = studentQuantile(4) * Math.sqrt(2 / 3)
  expect(interval?.low).toBeCloseTo(10 - reach, 9)
  expect(interval?.high).toBeCloseTo(10 + reach, 9)
})

test('a sample without spread leaves the degrees of freedom of the other', () => {
  const interval = differenceInterval([5, 5], [1, 2, 3])
  expect(interval?.high).toBeCloseTo(3 + studentQuantile(2) / Math.sqrt(3), 9)
})
