import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../tests/support/staged-dataset.ts'
import { unifiedDiff } from './unified-diff.ts'

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('')

test('a changed line is shown between three lines before and after it', () => {
  expect(unifiedDiff('model.py', numbered(12), numbered(12).replace('line 6\n', 'line six\n'))).toMatchInlineSnapshot(`
    "--- a/model.py
    +++ b/model.py
    @@ -3,7 +3,7 @@
     line 3
     line 4
     line 5
    -line 6
    +line six
     line 7
     line 8
     line 9
    "
  `)
})

test('equal texts have no diff', () => {
  expect(unifiedDiff('model.py', numbered(3), numbered(3))).toBe('')
})

test('changes that are far apart have hunks of their own', () => {
  const after = numbered(40).replace('line 2\n', '').replace('line 35\n', 'line 35\nnew\n')
  expect(unifiedDiff('a.py', numbered(40), after).match(/@@ .* @@/g)).toEqual(['@@ -1,5 +1,4 @@', '@@ -33,6 +32,7 @@'])
})

test('removed lines stand before the lines that replace them', () => {
  const signs = unifiedDiff('a.py', 'a\nb\nc\n', 'x\ny\nz\n').split('\n').slice(3, -1)
  expect(signs).toEqual(['-a', '-b', '-c', '+x', '+y', '+z'])
})

test('git turns the one text into the other with it, whatever they are', async () => {
  const folder = await temporaryFolder()
  const text = fc
    .array(fc.constantFrom('a\n', 'b\n', 'c\n', '\n', '  x = 1\n', '-y\n', '+z\n'), { maxLength: 30 })
    .chain((lines) => fc.boolean().map((hasEnd) => (hasEnd ? lines.join('') : lines.join('').replace(/\n$/, ''))))
  await fc.assert(
    fc.asyncProperty(text, text, async (before, after) => {
      fc.pre(before !== after && before !== '' && after !== '')
      await writeFile(join(folder, 'a.py'), before)
      execFileSync('git', ['apply', '--unidiff-zero', '-'], {
        cwd: folder,
        input: unifiedDiff('a.py', before, after),
        stdio: 'pipe',
      })
      expect(await readFile(join(folder, 'a.py'), 'utf8')).toBe(after)
    }),
    { numRuns: 60 },
  )
})
