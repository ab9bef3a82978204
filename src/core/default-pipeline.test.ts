import { expect, test } from 'vitest'
import { chooseDefaultPipeline, withImageSize } from './default-pipeline.ts'

const start = { shape: [28, 28], trainCount: 1000, trainSeconds: 60, referenceSpeed: 2500 } as const

test.each([
  [[28, 28], 'tiny', [28, 28]],
  [[8, 8], 'tiny', [8, 8]],
  [[64, 300], 'tiny', [64, 128]],
  [[300, 64], 'tiny', [128, 64]],
  [[65, 65], 'scratch', [64, 64]],
  [[112, 92], 'scratch', [97, 80]],
] as const)('images stored as %o start with %s at %o', (shape, name, imageSize) => {
  expect(chooseDefaultPipeline({ ...start, shape })).toMatchObject({ name, imageSize })
})

test('more seconds or fewer images allow a larger input, up to the stored size', () => {
  const edge = (seconds: number, count: number) =>
    chooseDefaultPipeline({ ...start, shape: [160, 160], trainSeconds: seconds, trainCount: count }).imageSize[0]
  expect([edge(60, 50_000), edge(12, 550), edge(60, 1000), edge(600, 1000)]).toEqual([64, 96, 160, 160])
})

test('the reason names the sizes that decided', () => {
  expect(chooseDefaultPipeline({ ...start, shape: [96, 96], trainCount: 20_000 }).reason).toBe(
    'images are stored with a short side of 96 px, above 64; 64 x 64 px is what 60 s of training can afford',
  )
})

test('the size is written into the source, the comment stays', () => {
  expect(withImageSize('"""Doc."""\nIMAGE_SIZE = 28  # px\n', [97, 80])).toBe('"""Doc."""\nIMAGE_SIZE = (97, 80)  # px\n')
  expect(withImageSize('IMAGE_SIZE = 28', [32, 32])).toBe('IMAGE_SIZE = 32')
  expect(() => withImageSize('SIZE = 3', [1, 1])).toThrow('IMAGE_SIZE')
})
