import { expect, test } from 'vitest'
import { drawResults, resultsOf } from '../../tests/support/image-results.ts'
import { findHurtClass } from './class-guard.ts'

/** 200 images of class 0, all right; `right` of `count` images of class 1. */
const withSmallClass = (right: number, count: number) =>
  resultsOf(
    [...Array<boolean>(200).fill(true), ...Array.from({ length: count }, (_, image) => image < right)],
    ['val'],
    [...Array<number>(200).fill(0), ...Array<number>(count).fill(1)],
  )

test('a class that loses half of its images is found, however good the rest is', () => {
  const hurt = findHurtClass([withSmallClass(20, 40)], [withSmallClass(40, 40)])
  expect(hurt).toMatchObject({ label: 1, images: 40, lostRecall: 0.5 })
  expect(hurt?.deviations).toBeGreaterThan(3)
})

test('a class of four images cannot be hurt beyond luck', () => {
  expect(findHurtClass([withSmallClass(0, 4)], [withSmallClass(4, 4)])).toBeNull()
})

test('a class that wins is not hurt', () => {
  expect(findHurtClass([withSmallClass(40, 40)], [withSmallClass(10, 40)])).toBeNull()
})

test('of equal pipelines hardly any is blamed', () => {
  const blamed = [...Array(60).keys()].filter((pair) => {
    const draw = (seed: number) => [
      drawResults({ n: 400, classCount: 10, seed, skill: 1.2 }),
      drawResults({ n: 400, classCount: 10, seed: seed + 1, skill: 1.2 }),
    ]
    return findHurtClass(draw(4 * pair), draw(4 * pair + 2)) !== null
  })
  expect(blamed.length).toBeLessThan(3)
})
