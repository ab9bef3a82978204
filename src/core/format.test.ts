import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import {
  formatBytes,
  formatCount,
  formatEstimate,
  formatPercent,
  formatSeconds,
  plural,
  quoteForShell,
  row,
  secondsLeft,
  wrap,
} from './format.ts'

test.each([
  [0.42, '0.4 s'],
  [59.4, '59 s'],
  [59.6, '1 min'],
  [75, '1 min 15 s'],
  [7300, '2 h 1 min'],
])('%f seconds read "%s"', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text)
})

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1000, '1.0 kB'],
  [999_900, '1.0 MB'],
  [8.05e9, '8.1 GB'],
])('%i bytes read "%s"', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test('counts have thousands, shares a percent sign', () => {
  expect(formatCount(60000)).toBe('60,000')
  expect(formatPercent(0.9321)).toBe('93.2 %')
})

test('an accuracy is shown with its interval, a loss without percent', () => {
  const estimate = { value: 0.871, low: 0.852, high: 0.888 }
  expect(formatEstimate('accuracy', estimate)).toBe('87.1 %  (95 % interval 85.2 to 88.8)')
  expect(formatEstimate('log-loss', estimate)).toBe('0.871  (95 % interval 0.852 to 0.888)')
})

test('nothing is said of the time left before a hundredth is done', () => {
  expect(secondsLeft(0.005, 3)).toBeNull()
  expect(secondsLeft(0.25, 10)).toBe(30)
})

test('wrapped lines are no wider than asked and keep all words', () => {
  const text = 'one two three four five six seven'
  expect(wrap(text, 12).split('\n')).toEqual(['one two', 'three four', 'five six', 'seven'])
})

test('a labelled row continues under its own text', () => {
  expect(row('val', 'word '.repeat(20).trim()).split('\n')[1]).toMatch(/^ {14}word/)
})

test('a number agrees with its noun', () => {
  expect([plural(1, 'image'), plural(1200, 'image'), plural(2, 'class', 'classes')]).toEqual([
    '1 image',
    '1,200 images',
    '2 classes',
  ])
})

test.each(['./my-images', 'Größe', 'a b', "it's", '$HOME', '(patient[0-9]+)', ''])(
  'a shell reads %j back from its quoted form',
  (word) => {
    expect(execFileSync('sh', ['-c', `printf %s ${quoteForShell(word)}`], { encoding: 'utf8' })).toBe(word)
  },
)
