import { expect, test } from 'vitest'
import { paintDiff } from './paint-diff.ts'

const visible = (text: string) => text.replaceAll('\u001b', '^')

test('removed, added, place and file names have the colours of git', () => {
  const diff = '--- a/model.py\n+++ b/model.py\n@@ -1 +1 @@\n same\n-old\n+new\n'
  expect(visible(paintDiff(diff))).toBe(
    '^[1m--- a/model.py^[0m\n^[1m+++ b/model.py^[0m\n^[36m@@ -1 +1 @@^[0m\n same\n^[31m-old^[0m\n^[32m+new^[0m\n',
  )
})

test('signs in the code that a terminal would act on are not passed on', () => {
  expect(visible(paintDiff('+x = "\u001b[2J\u0007\u202e"'))).toBe('^[32m+x = "?[2J??"^[0m')
})
