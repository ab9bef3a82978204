import { expect, test } from 'vitest'
import { inputSizeOf } from './bundle.ts'

test.each([
  ['IMAGE_SIZE = 28  # px', [28, 28]],
  ['"""IMAGE_SIZE is the side"""\nIMAGE_SIZE = (112, 96)\n', [112, 96]],
  ['IMAGE_SIZE: int = 64', [64, 64]],
  ['IMAGE_SIZE = 32\nIMAGE_SIZE = (\n    48,\n    40,\n)', [48, 40]],
])('the input size of %j is read from data.py', (source, expected) => {
  expect(inputSizeOf(source)).toEqual(expected)
})

test('a data.py without a literal size is our mistake, since the check has let it pass', () => {
  expect(() => inputSizeOf('IMAGE_SIZE = side()')).toThrow('data.py has no line "IMAGE_SIZE = <number>"')
})
