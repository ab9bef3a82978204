import { expect, test } from 'vitest'
import { makeRandom } from '../../src/core/random.ts'
import { codeReply, samplePipeline } from '../../tests/support/llm-team.ts'
import { mutate, MUTATORS } from './mutate.ts'

const reply = codeReply({ component: 'model', task: 'wider' }, { 'model.py': samplePipeline('tiny').model })

test.each(Object.entries(MUTATORS))('%s damages a reply, the same way for the same chance', (_, mutator) => {
  expect(mutator(reply, makeRandom(3), 'other')).not.toBe(reply)
  expect(mutator(reply, makeRandom(3), 'other')).toBe(mutator(reply, makeRandom(3), 'other'))
  expect(typeof mutator('', makeRandom(3), '')).toBe('string')
})

test('one to three kinds of damage are done, and all kinds come up', () => {
  const random = makeRandom(1)
  const done = Array.from({ length: 400 }, () => mutate('{"a": 1}', random, 'other').how)
  expect(new Set(done.map(({ length }) => length))).toEqual(new Set([1, 2, 3]))
  expect(new Set(done.flat())).toEqual(new Set(Object.keys(MUTATORS)))
})
