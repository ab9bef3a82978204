import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bundleRequest } from '../../tests/support/bundle.ts'
import { fixtureTools } from '../../tests/support/fixture-tools.ts'
import { temporaryFolder } from '../../tests/support/staged-dataset.ts'
import { writeBundle } from './bundle.ts'
import { classify } from './classify.ts'
import type { Answer } from './classify.ts'

/** Classifies files with these contents by the program classifies.py; a null stands for a file that is not there. */
async function classifyContents(...contents: readonly (string | Buffer | null)[]) {
  const folder = await temporaryFolder()
  const files = contents.map((_, index) => join(folder, String(index)))
  for (const [index, content] of contents.entries()) if (content !== null) await writeFile(files[index] ?? '', content)
  return classifyFiles(files)
}

async function classifyFiles(files: readonly string[], signal = new AbortController().signal) {
  const bundle = await writeBundle(await bundleRequest())
  const answers: Answer[] = []
  const told: number[] = []
  const onAnswer = (answer: Answer, row: number) => void (answers[row] = answer)
  const onProgress = (done: number) => void told.push(done)
  const result = await classify({ bundle, files, onProgress, onAnswer }, await fixtureTools('classifies'), signal)
  return { result, answers, told }
}

const firstOf = (answer: Answer | undefined) => (answer?.status === 'classified' ? answer.probabilities[0] : answer?.reason)

test('each file gets the probabilities of its logits, in the order of the files', async () => {
  const { result, answers, told } = await classifyContents('ab', '', 'abc')
  expect(result).toEqual({ status: 'classified', greyed: 0, squashed: 0 })
  expect(answers.map(firstOf)).toEqual([1 / (1 + Math.exp(-2)), 0.5, 1 / (1 + Math.exp(-3))])
  expect(told).toEqual([3])
})

test('a file that is not there, a folder and a pipe are answered with the reason, and nothing waits for them', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'folder'))
  await writeFile(join(folder, 'file'), 'abc')
  execFileSync('mkfifo', [join(folder, 'pipe')])
  const { answers } = await classifyFiles(['file', 'none', 'folder', 'pipe', 'file/below'].map((name) => join(folder, name)))
  expect(answers.slice(1).map(firstOf)).toEqual([
    'cannot be read: there is no such file',
    'not a plain file',
    'not a plain file',
    'cannot be read: ENOTDIR',
  ])
})

test('what the process refuses has its reason, as text that a terminal shows harmlessly', async () => {
  const { answers } = await classifyContents('refuses', 'a', 'b')
  expect(firstOf(answers[1])).toBe('ugly ?[31m')
})

test('logits that are no numbers are no answer', async () => {
  const { answers } = await classifyContents('a', 'nan')
  expect(answers.map(firstOf)).toEqual([1 / (1 + Math.exp(-1)), 'the classifier gave no numbers for it'])
})

test.each([
  ['short', 'predict: logits.f32 has 8 bytes, expected exactly 16'],
  ['links', 'predict: logits.f32 cannot be read as a plain file (ELOOP)'],
  ['range', 'classify refused a picture that it was not given'],
])('a process whose answer is wrong (%s) fails as a whole', async (behaviour, message) => {
  const { result, answers } = await classifyContents(behaviour, 'a')
  expect(result).toMatchObject({ status: 'failed', kind: 'bad-output', message })
  expect(answers).toEqual([])
})

test('a process that ends before it has read all is a failure, and the files that wait do not hold it up', async () => {
  const { result } = await classifyContents('exits', Buffer.alloc(32 << 20), null)
  expect(result).toMatchObject({ status: 'failed', kind: 'killed' })
})

test('a user who stops it gets the reason of the stop', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'a'), Buffer.alloc(8 << 20))
  const stop = new AbortController()
  setTimeout(() => stop.abort(new Error('stopped by the user')), 900)
  await expect(classifyFiles(Array<string>(2000).fill(join(folder, 'a')), stop.signal)).rejects.toThrow('stopped by the user')
})
