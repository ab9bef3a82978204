import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { chooseRows, deriveSeed } from './seeds.ts'

test('a derived seed is the same on every machine and has 31 bits', () => {
  expect(deriveSeed(0, 'train', 'fold0')).toMatchInlineSnapshot(`2116248859`)
  fc.assert(fc.property(fc.nat(), fc.string(), (seed, label) => deriveSeed(seed, label) >= 0 && deriveSeed(seed, label) < 2 ** 31))
})

test('labels are kept apart, so that ("a", "b") and ("ab") differ', () => {
  expect(deriveSeed(1, 'a', 'b')).not.toBe(deriveSeed(1, 'ab'))
  expect(deriveSeed(1, '1')).not.toBe(deriveSeed(1, 1))
})

test('chosen rows are different rows of 0..n-1', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 500 }), fc.nat(), (n, count, seed) => {
      const rows = chooseRows(n, count, seed)
      expect(new Set(rows).size).toBe(Math.min(n, count))
      expect(rows.every((row) => Number.isInteger(row) && row >= 0 && row < n)).toBe(true)
    }),
  )
})

test('every row is chosen equally often', () => {
  const counts = Array<number>(10).fill(0)
  for (let seed = 0; seed < 3000; seed++) for (const row of chooseRows(10, 3, seed)) counts[row] = (counts[row] ?? 0) + 1
  // 900 expected each, standard deviation 25.
  expect(counts.filter((count) => Math.abs(count - 900) > 100)).toEqual([])
})

test('the order of chosen rows is shuffled', () => {
  expect(chooseRows(100, 50, 7)).not.toEqual(chooseRows(100, 50, 7).toSorted((a, b) => a - b))
})
