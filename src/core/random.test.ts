import { expect, test } from 'vitest'
import { drawBelow, makeRandom } from './random.ts'

test('a seed gives the same numbers on every machine, another seed others', () => {
  const random = makeRandom(1)
  expect([random(), random(), random()]).toMatchInlineSnapshot(`
    [
      2604515487,
      2923946995,
      3972879530,
    ]
  `)
  expect(makeRandom(2)()).not.toBe(makeRandom(1)())
})

test('every number below the limit comes up equally often, and no number follows another more often', () => {
  const random = makeRandom(3)
  const pairs = new Map<number, number>()
  let last = drawBelow(random, 10)
  for (let draw = 0; draw < 100_000; draw++) {
    const next = drawBelow(random, 10)
    pairs.set(last * 10 + next, (pairs.get(last * 10 + next) ?? 0) + 1)
    last = next
  }
  // 1,000 expected of each of 100 pairs, standard deviation 31.
  expect(pairs.size).toBe(100)
  expect([...pairs.values()].filter((count) => Math.abs(count - 1000) > 160)).toEqual([])
})
