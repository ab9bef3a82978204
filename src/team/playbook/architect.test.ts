import { expect, test } from 'vitest'
import { briefOf } from '../../../tests/support/playbook-evidence.ts'
import type { Brief } from '../../core/team.ts'
import { chooseInputSize } from './architect-size.ts'
import { guessKind } from './architect-kind.ts'
import { designBlueprint } from './architect.ts'
import { makeCrafts, makePlaybookTeam, plainBlueprint } from './team.ts'

const design = (facts: Partial<Brief>) => designBlueprint(makeCrafts(), briefOf(facts))
const DIGITS = [...'0123456789']

test('small pictures are shown as they are stored, with a net for small pictures', () => {
  const { pipeline } = design({ trainSeconds: 60 })
  expect(pipeline.data).toContain('IMAGE_SIZE = 28 ')
  expect(pipeline.data).toContain('SHIFT = 2 ')
  expect(pipeline.data).toContain('CUTOUT = 7 ')
  expect(pipeline.model).toContain('STEM = 8 ')
  expect(pipeline.model).toContain('STAGES = (16, 48, 96)')
  expect(pipeline.training).toContain('PEAK_RATE = 0.1 ')
  expect(pipeline.training).toContain('BATCH_SIZE = 128 ')
})

test('a training too short to learn by heart changes the pictures little', () => {
  const { pipeline } = design({ trainSeconds: 20, trainCount: 50_000 })
  expect(pipeline.data).toContain('SHIFT = 1 ')
  expect(pipeline.data).not.toContain('CUTOUT')
})

test.each([
  [[112, 92], 200, [97, 80]],
  [[112, 92], 5000, [78, 64]],
  [[300, 300], 1000, [96, 96]],
  [[60, 400], 1000, [60, 120]],
  [[600, 100], 100_000, [128, 64]],
] as const)('pictures of %s px, %s of them, are shown at %s in 20 s', (shape, trainCount, size) => {
  const { size: chosen } = chooseInputSize(briefOf({ shape, trainCount, trainSeconds: 20 }))
  expect(chosen).toEqual(size)
})

test('photos get windows, a slight turn and a net that halves at once', () => {
  const { pipeline } = design({ shape: [300, 300], channels: 3, trainCount: 1000, trainSeconds: 120 })
  expect(pipeline.data).toContain('random_resized_crop')
  expect(pipeline.model).toContain('stride=2')
  expect(pipeline.training).toContain('BATCH_SIZE = 64 ')
  expect(pipeline.training).toContain('PEAK_RATE = 0.05 ')
})

test('photos that are seen a few times only are mirrored and nothing else, by a net with one layer a stage less', () => {
  const photos = { shape: [300, 300], channels: 3, trainCount: 1000 } as const
  const [brief, longer] = [10, 120].map((trainSeconds) => design({ ...photos, trainSeconds }))
  expect(brief?.pipeline.data).toContain('random_flip')
  expect(brief?.pipeline.data).not.toMatch(/random_resized_crop|affine/)
  expect(brief?.design).toContain('changed hardly at all')
  expect(longer?.design).toContain('from scratch, residual blocks')
  expect(brief?.design).toContain('from scratch, plain')
  expect(brief?.pipeline.model.length).toBeLessThan(longer?.pipeline.model.length ?? 0)
})

test('pictures that read in one direction are not mirrored', () => {
  expect(design({}).pipeline.data).toContain('MIRROR')
  expect(design({ classes: DIGITS }).pipeline.data).not.toContain('MIRROR')
  const letters = design({ classes: [...'abcdefghijkl'] })
  expect(letters.pipeline.data).not.toContain('MIRROR')
  expect(letters.understanding).toContain('Not to be done: mirroring (the classes are letters')
})

test.each([
  [{ classes: DIGITS }, 'digits'],
  [{ classes: [...'abcdefghijkl'] }, 'letters'],
  [{ about: 'portraits of our staff' }, 'faces'],
  [{ about: 'woven fabric, some with defects' }, 'textures'],
  [{ classes: ['emoji', 'flag'] }, 'icons'],
  [{ classes: ['spam', 'eggs'] }, 'pictures'],
] as const)('%o: the images are taken for %s', (facts, kind) => {
  expect(guessKind(briefOf(facts)).kind).toBe(kind)
})

test('what lies on a plain ground, and what comes from a camera, is told from the pixels', () => {
  const brief = briefOf({ classes: ['x', 'y'] })
  const told = (card: Partial<Brief['card']>, facts: Partial<Brief> = {}) =>
    guessKind({ ...brief, ...facts, card: { ...brief.card, ...card } }).kind
  expect(told({ mean: [0.28] })).toBe('objects')
  expect(told({ mean: [0.9, 0.9, 0.9] }, { channels: 3 })).toBe('icons')
  expect(told({ formats: { jpeg: 5 } }, { shape: [300, 400], channels: 3 })).toBe('photos')
})

test('the understanding names colour, sizes, classes and their balance', () => {
  const { understanding } = design({
    channels: 3,
    classes: ['x', 'y'],
    classCounts: [300, 20],
    trainCount: 320,
    about: 'cups and plates',
  })
  expect(understanding).toContain('in colour, all 28 x 28 px')
  expect(understanding).toContain('You say of them: cups and plates.')
  expect(understanding).toContain('320 images to fit on in 2 classes, unevenly spread: the largest class has 300, the smallest 20')
  expect(design({ trainCount: 200, classCounts: Array(10).fill(20) }).understanding).toContain('few images a class')
})

test('the plain pipeline is what tutorials do', () => {
  const { pipeline, memos } = plainBlueprint(briefOf({ shape: [112, 92] }))
  expect(pipeline.data).toContain('IMAGE_SIZE = 64 ')
  expect(pipeline.data).not.toMatch(/random_|cutout|flip/)
  expect(pipeline.training).toContain('torch.optim.Adam(')
  expect(pipeline.training).toContain('PEAK_RATE = 1e-3')
  expect(pipeline.training).toContain('BATCH_SIZE = 64')
  expect(pipeline.training).not.toContain('label_smoothing')
  expect(memos.model).toMatchObject({ author: 'playbook', component: 'model' })
})

test('memos survive being written as JSON', async () => {
  const blueprint = await makePlaybookTeam().architect(briefOf(), new AbortController().signal)
  expect(JSON.parse(JSON.stringify(blueprint.memos))).toEqual(blueprint.memos)
})
