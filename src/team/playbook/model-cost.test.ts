import { expect, test } from 'vitest'
import { makeBrief } from '../../../tests/support/playbook-brief.ts'
import { runPlaybookProgram } from '../../../tests/support/playbook-python.ts'
import { costOf, fitWidth } from './model-cost.ts'
import { photoDesign, smallDesign, tutorialDesign } from './model-design.ts'
import type { Size, StagedDesign } from './model-design.ts'
import { renderModel } from './render-model.ts'

const SIZES = [
  [28, 28],
  [8, 8],
  [64, 64],
  [12, 40],
  [41, 64],
] as const
const BUDGETS = [
  [1, 200, 600],
  [12, 550, 2500],
  [65, 46_500, 2500],
  [600, 5_000, 3000],
  [3600, 60_000, 12_000],
] as const

type Answer = { readonly stem: number; readonly same: boolean | null }

/** Asks the harness's own model.py of `pipeline` at every size and budget; the designs are those that we chose there. */
async function compare(
  pipeline: 'tiny' | 'scratch',
  sizes: readonly Size[],
  design: (size: Size) => StagedDesign,
  stored: Size | null,
) {
  const asked = sizes.flatMap((size) =>
    BUDGETS.flatMap(([trainSeconds, trainCount, referenceSpeed]) =>
      ([1, 3] as const).map((channels) => {
        const machine = { device: 'cpu', threads: 2, dtype: 'float32', referenceSpeed }
        const brief = makeBrief(stored ?? size, { trainSeconds, trainCount, channels, machine })
        const ours = fitWidth(design(size), brief, size)
        const facts = { pipeline, channels, size, classCount: 10, trainCount, trainSeconds, referenceSpeed }
        return { ours, item: { ...facts, source: trainSeconds === 65 ? renderModel(ours) : null } }
      }),
    ),
  )
  const answers = (await runPlaybookProgram(
    'default_nets',
    asked.map(({ item }) => item),
  )) as readonly Answer[]
  return { ours: asked.map(({ ours }) => ours.stem.width), answers }
}

test('a small net at 28 px is the same as tiny/model.py, down to each logit', { timeout: 120_000 }, async () => {
  const { ours, answers } = await compare('tiny', [[28, 28]], smallDesign, null)
  const same = answers.flatMap((answer, index) => (answer.same === null ? [] : [[answer.same, answer.stem === ours[index]]]))
  expect(same).toEqual([
    [true, true],
    [true, true],
  ])
})

test.each([
  [5, 46_500, 4],
  [65, 46_500, 8],
  [200, 46_500, 16],
  [200, 100, 8],
  [3600, 46_500, 32],
])('small pictures: %i s of training on %i images get a stem of %i channels', (trainSeconds, trainCount, stem) => {
  const brief = makeBrief([28, 28], { trainSeconds, trainCount })
  expect(fitWidth(smallDesign([28, 28]), brief).stem.width).toBe(stem)
})

test('photos get the width that scratch/model.py chooses, and the same net down to each logit', { timeout: 120_000 }, async () => {
  const sizes = [
    [64, 64],
    [96, 96],
    [97, 80],
  ] as const
  const { ours, answers } = await compare('scratch', sizes, photoDesign, [120, 120])
  expect(ours).toEqual(answers.map(({ stem }) => stem))
  expect(new Set(ours).size).toBeGreaterThan(2)
  expect(answers.flatMap(({ same }) => (same === null ? [] : [same]))).toEqual(Array(6).fill(true))
})

test('a photo net is fitted in the proportions of its design', () => {
  const design = { ...photoDesign(), widths: [48, 72, 120, 240] }
  const { stem, widths } = fitWidth(design, makeBrief([96, 96], { trainSeconds: 3600, trainCount: 5_000 }))
  expect(widths).toEqual([2, 3, 5, 10].map((times) => stem.width * times))
  expect(stem.width).toBeGreaterThan(24)
})

test('more seconds never make a narrower net, whatever the pictures', () => {
  for (const size of [...SIZES, [96, 96]] as const) {
    const design = Math.min(...size) > 64 ? photoDesign() : smallDesign(size)
    const stems = [1, 10, 60, 300, 3600, 36_000].map(
      (trainSeconds) => fitWidth(design, makeBrief(size, { trainSeconds, trainCount: 20_000 })).stem.width,
    )
    expect(stems.toSorted((a, b) => a - b)).toEqual(stems)
    expect(stems.at(-1)).toBeGreaterThan(stems[0] ?? 0)
  }
})

test('multiply-adds and parameters of the default at 28 px are what is worked out by hand', () => {
  const stem = 9 * 8 * 784
  const stages = 9 * 8 * 16 * 784 + 9 * 16 * 16 * 196 + 9 * 16 * 48 * 196 + 9 * 48 * 48 * 49 + 9 * 48 * 96 * 49 + 9 * 96 * 96 * 9
  const weights = 9 * (8 + 8 * 16 + 16 * 16 + 16 * 48 + 48 * 48 + 48 * 96 + 96 * 96)
  expect(costOf(smallDesign([28, 28]), 1, [28, 28])).toEqual({
    multiplyAdds: stem + stages + 960,
    parameters: weights + 2 * (8 + 2 * (16 + 48 + 96)) + 970,
  })
})

test('more pixels cost more multiply-adds and, but for the tutorial net, no more parameters', () => {
  const [small, large] = ([24, 48] as const).map((side) => costOf(photoDesign(), 3, [side, side]))
  expect(large?.parameters).toBe(small?.parameters)
  expect(large?.multiplyAdds).toBeGreaterThan(3 * (small?.multiplyAdds ?? 0))
  const tutorials = ([24, 48] as const).map((side) => costOf(tutorialDesign([side, side]), 3, [side, side]).parameters)
  expect(tutorials[1]).toBeGreaterThan(2 * (tutorials[0] ?? 0))
})
