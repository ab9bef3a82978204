import { array, assert, property, stringMatching } from 'fast-check'
import { expect, test } from 'vitest'
import { COLUMNS, call, commentLines, constant, docstring, inWords, tuple } from './python-text.ts'

test('what fits stands on one line', () => {
  expect(docstring('    ', 'A sentence.')).toBe('    """A sentence."""')
  expect(constant('STEM', 8, 'channels')).toBe('STEM = 8  # channels')
  expect(call('    ', 'return nn.Sequential', ['a()', 'b(1, 2)'])).toBe('    return nn.Sequential(a(), b(1, 2))')
})

test('a call that does not fit has one argument a line', () => {
  const argument = 'x'.repeat(70)
  expect(call('  ', 'f', [argument, argument])).toBe(`  f(\n      ${argument},\n      ${argument},\n  )`)
})

test('paragraphs of a docstring are apart, its end stands alone', () => {
  expect(docstring('', 'First.', 'Second.')).toBe('"""First.\n\nSecond.\n"""')
})

test('no line of a docstring, comment or constant is too long, and no word is lost', () => {
  const words = array(stringMatching(/^[a-z]{1,20}$/), { minLength: 1, maxLength: 80 })
  assert(
    property(words, (list) => {
      const text = list.join(' ')
      for (const rendered of [docstring('    ', text), commentLines('    ', text).join('\n'), constant('NAME', '(1, 2)', text)]) {
        expect(Math.max(...rendered.split('\n').map((line) => line.length))).toBeLessThanOrEqual(COLUMNS)
        expect(
          rendered
            .replaceAll('"""', ' ')
            .split(/[\s#]+/)
            .filter((word) => list.includes(word)),
        ).toEqual(list)
      }
    }),
  )
})

test('a tuple of one has its comma, small counts are words', () => {
  expect([tuple([8]), tuple([8, 16]), inWords(3), inWords(12)]).toEqual(['(8,)', '(8, 16)', 'three', '12'])
})
