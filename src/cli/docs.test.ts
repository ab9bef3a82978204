import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { renderCliDocs } from './docs.ts'

test('docs/cli.md is what scripts/docs-cli.ts writes', () => {
  const path = join(import.meta.dirname, '..', '..', 'docs', 'cli.md')
  expect(readFileSync(path, 'utf8')).toBe(renderCliDocs())
})

test('no line of help is wider than 80 columns', () => {
  const help = renderCliDocs()
    .split('```')
    .filter((_, index) => index % 2 === 1)
  expect(
    help
      .join('\n')
      .split('\n')
      .filter((line) => line.length > 80),
  ).toEqual([])
})
