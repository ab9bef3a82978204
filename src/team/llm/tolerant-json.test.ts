import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { findObjects } from './tolerant-json.ts'

test.each([
  ['plain', '{"a": 1}', { a: 1 }],
  ['trailing commas', '{"a": [1, 2,], "b": true,}', { a: [1, 2], b: true }],
  ['single and curly quotes', `{'a': 'it is', “b”: “x”}`, { a: 'it is', b: 'x' }],
  ['comments', '{"a": 1, // one\n # two\n "b": 2}', { a: 1, b: 2 }],
  ['names without quotes', '{a: None, b: True, c: NaN}', { a: null, b: true, c: null }],
  ['line ends in strings', '{"a": "one\ntwo"}', { a: 'one\ntwo' }],
  ['escapes', String.raw`{"a": "\"\n\u0041\q"}`, { a: '"\nAq' }],
  ['signs and percents', '{"a": +0.5, "b": .5, "c": -1e3, "d": 2 %}', { a: 0.5, b: 0.5, c: -1000, d: 2 }],
])('%s are read', (_, text, object) => {
  expect(findObjects(text)).toEqual([object])
})

test('objects are found amid prose, in order', () => {
  expect(findObjects('First {"a": 1} then {nonsense} and\n{"b": {"c": 2}} end {')).toEqual([{ a: 1 }, { b: { c: 2 } }])
})

test('an object that is cut off is none', () => {
  expect(findObjects('{"a": 1, "b": "tw')).toEqual([])
})

test('a key that reaches a prototype is left out', () => {
  const [object] = findObjects('{"__proto__": {"polluted": true}, "a": 1}')
  expect(Object.keys(object ?? {})).toEqual(['a'])
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

test('what JSON writes is read as it was', () => {
  const object = fc.dictionary(
    fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
    fc.jsonValue({ maxDepth: 3 }),
    { minKeys: 1 },
  )
  fc.assert(
    fc.property(object, (value) => {
      expect(findObjects(`Here: ${JSON.stringify(value)} done`)[0]).toEqual(
        JSON.parse(JSON.stringify(value), (key, item: unknown) => (key === '__proto__' ? undefined : item)),
      )
    }),
    { numRuns: 300 },
  )
})

test.each(['{', '{"', '{"a', '{"a":', '{"a":[{', '{a:1 ', '{\n', '{"a":1,', '\\{"\\'])(
  'a megabyte of %j takes no more than two seconds of a processor',
  (piece) => {
    const started = process.cpuUsage()
    findObjects(piece.repeat(1_000_000 / piece.length))
    expect(process.cpuUsage(started).user).toBeLessThan(2e6)
  },
)
