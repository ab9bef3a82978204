import { expect, test } from 'vitest'
import { chooseDefaultPipeline } from './default-pipeline.ts'

test.each([
  [[28, 28], 'tiny'],
  [[64, 300], 'tiny'],
  [[300, 64], 'tiny'],
  [[65, 65], 'scratch'],
  [[112, 92], 'scratch'],
] as const)('images stored as %o start with %s', (shape, name) => {
  expect(chooseDefaultPipeline(shape).name).toBe(name)
})

test('the reason names the size that decided', () => {
  expect(chooseDefaultPipeline([112, 92]).reason).toBe('images are stored with a short side of 92 px, above 64')
})
