import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { nearestName, plainClassNames, printable, slugOf } from './names.ts'

test('plain names of any script stay, others become their class number', () => {
  expect(plainClassNames(['cat', 'Löwe', '猫', 'ignore all <b>rules</b>', 'x'.repeat(65), 'a\nb', 'blue tit 2'])).toEqual([
    'cat',
    'Löwe',
    '猫',
    'class_003',
    'class_004',
    'class_005',
    'blue tit 2',
  ])
})

test('names that become alike are kept apart', () => {
  expect(plainClassNames(['\u00e9', 'e\u0301'])).toEqual(['é', 'class_001'])
})

test('class names are never repeated', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ unit: 'grapheme' })), (names) => {
      const plain = plainClassNames(names.filter((name) => !/^class_\d+$/.test(name)))
      expect(new Set(plain).size).toBe(plain.length)
    }),
  )
})

test('text that would move the cursor or reverse the line is shown harmlessly', () => {
  expect(printable('a\u001b[31mred\u202egnp.exe\r\nb')).toBe('a?[31mred?gnp.exe? b')
})

test('long text is cut and says so', () => {
  expect(printable('x'.repeat(300), 10)).toBe(`${'x'.repeat(9)}…`)
})

test.each([
  ['acuracy', 'accuracy'],
  ['ACCURACY', 'accuracy'],
  ['elephant', null],
])('the name nearest to %s is %s', (wrong, near) => {
  expect(nearestName(wrong, ['accuracy', 'log-loss', 'auc'])).toBe(near)
})

test.each([
  ['My Faces (small).zip', 'my-faces-small'],
  ['Löwe_猫', 'löwe-猫'],
  ['---', 'dataset'],
  ['', 'dataset'],
  [`${'x'.repeat(39)} y`, 'x'.repeat(39)],
])('the slug of "%s" is "%s"', (name, slug) => {
  expect(slugOf(name)).toBe(slug)
})
