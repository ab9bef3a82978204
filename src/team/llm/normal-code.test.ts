import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { samplePipeline } from '../../../tests/support/llm-team.ts'
import { normalLines, withoutComments } from './normal-code.ts'
import { outlines } from './outline.ts'

const { data, model, training } = samplePipeline('tiny')

test('comments, docstrings, blanks, indenting, quotes and ways of writing numbers do not count', () => {
  const one = `"""Docs."""\nRATE = 5e-4  # peak\n\ndef loss(a, b):\n    """What."""\n    return f(a, "x", [1, 2])\n`
  const two = `RATE=0.0005\ndef loss( a,b ):\n  # sum\n  return f(\n    a,\n    'x',\n    [1, 2,],\n  )`
  expect(normalLines(two)).toEqual(normalLines(one))
})

test.each([
  ['another number', 'A = 1', 'A = 2'],
  ['a whole number and a broken one', 'A = 1', 'A = 1.0'],
  ['a tuple of one', 'A = (1,)', 'A = (1)'],
  ['a string with a hash', 'A = "#1"', 'A = "#2"'],
  ['a statement inside or outside a block', 'if a:\n    b()\n    c()', 'if a:\n    b()\nc()'],
  ['another order', 'a()\nb()', 'b()\na()'],
  ['a string that is used', 'A = """x"""', 'A = """y"""'],
])('%s counts', (_, one, two) => {
  expect(normalLines(one)).not.toEqual(normalLines(two))
})

test('a file for reading says the same without its comments', () => {
  for (const source of [data, model, training]) {
    const short = withoutComments(source)
    expect(normalLines(short)).toEqual(normalLines(source))
    expect(short.length).toBeLessThan(source.length)
    expect(short).not.toMatch(/^\s*#|"""|\n\n/m)
  }
  expect(withoutComments('a = (  # one\n    1,\n\n    2,  # two\n)\nb = "# no comment"\n')).toBe(
    'a = (\n    1,\n    2,\n)\nb = "# no comment"',
  )
})

test('outlines leave bodies out, helpers first, until they are short enough together', () => {
  expect(outlines([model, training], 10_000).flatMap(normalLines)).toEqual([model, training].flatMap(normalLines))
  const short = outlines([data, model, training], 2800)
  expect(short.join('')).toContain('def cost(stem, channels, size): ...')
  expect(short.join('')).toContain(' def augment(images):\n  images = ops.fit')
  expect(short.join('').length).toBeLessThanOrEqual(2800)
  expect(outlines([model], 0)[0]).toContain('def build_model(info): ...')
})

test('any text gives some lines in no long time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      expect(normalLines(text)).toEqual(normalLines(text))
      expect(outlines([text], 10)).toHaveLength(1)
    }),
    { numRuns: 300 },
  )
  const started = process.cpuUsage()
  for (const piece of ['"', "'''", '(', '\\\n', '#', 'x = (\n', '    a\n', '0x', '.'])
    normalLines(piece.repeat(300_000 / piece.length))
  expect(process.cpuUsage(started).user).toBeLessThan(5e6)
})
