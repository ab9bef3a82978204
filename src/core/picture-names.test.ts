import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hasPictureMagic, pictureByName } from './picture-names.ts'

const SNIFF = join(import.meta.dirname, '..', '..', 'harness', 'improve_harness', 'prepare', 'sniff.py')

/** The words of a set in sniff.py. */
function wordsOf(name: string): string[] {
  const [, body = ''] = new RegExp(`^${name} = \\{([^}]*)\\}`, 'm').exec(readFileSync(SNIFF, 'utf8')) ?? []
  return [...body.matchAll(/"(\w+)"/g)].map((match) => match[1] ?? '')
}

test('the extensions are those by which prepare goes', () => {
  expect(wordsOf('EXTENSIONS').length).toBeGreaterThan(10)
  expect(wordsOf('EXTENSIONS').filter((word) => pictureByName(`a.${word.toUpperCase()}`) !== true)).toEqual([])
  expect(wordsOf('NEVER').length).toBeGreaterThan(10)
  expect(wordsOf('NEVER').filter((word) => pictureByName(`a.${word}`) !== false)).toEqual([])
  expect(['a', 'a.dat', 'jpg', '.jpg.part'].map(pictureByName)).toEqual([null, null, null, null])
})

const sixteen = (start: string) => Buffer.from(start.padEnd(16, '\0'), 'latin1')

test.each([
  '\xff\xd8\xff\xe0',
  '\x89PNG\r\n\x1a\n',
  'GIF89a',
  'II*\0',
  'MM\0*',
  'RIFF1234WEBP',
  'BM1234\0\0\0\0',
  'P5\n12',
  'P2 #',
])('a file that begins with %j is a picture', (start) => expect(hasPictureMagic(sixteen(start))).toBe(true))

test.each(['RIFF1234WAVE', 'BMW and other cars', 'P5-type', 'plain text', '\x89PNG'])(
  'a file that begins with %j is none',
  (start) => expect(hasPictureMagic(sixteen(start))).toBe(false),
)

test('a file that is shorter than any picture is none', () => {
  expect(hasPictureMagic(Buffer.from('GIF89a'))).toBe(false)
})
