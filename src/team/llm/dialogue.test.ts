import { expect, test } from 'vitest'
import { scripted } from '../../../tests/support/llm-team.ts'
import type { Reply } from '../../core/language-model.ts'
import { NoValidReply } from '../../core/team.ts'
import { converse, OUTPUT_TOKENS } from './dialogue.ts'
import type { Opening } from './dialogue.ts'
import { Refusal } from './refusal.ts'

const opening: Opening = { role: 'model', trial: 4, instructions: 'Do.', text: 'Now?' }
const { signal } = new AbortController()

function yes({ text }: Reply): string {
  if (!text.includes('yes')) throw new Refusal('say yes')
  return text
}

test('a good reply is asked for once', async () => {
  const { ask, questions } = scripted(['yes'])
  expect(await converse(ask, opening, yes, signal)).toBe('yes')
  expect(questions).toEqual([
    {
      role: 'model',
      trial: 4,
      instructions: 'Do.',
      turns: [{ from: 'us', text: 'Now?' }],
      schema: null,
      maxOutputTokens: OUTPUT_TOKENS.model,
    },
  ])
})

test('a bad reply is shown again with what was wrong, the last one alone', async () => {
  const { ask, questions } = scripted(['no', 'never', 'yes'])
  expect(await converse(ask, opening, yes, signal)).toBe('yes')
  expect(questions[2]?.turns).toEqual([
    { from: 'us', text: 'Now?' },
    { from: 'model', text: 'never' },
    { from: 'us', text: 'That reply cannot be used: say yes.\nAnswer the question again, whole and in the form asked for.' },
  ])
})

test('after two more tries nothing comes of it, and who asked says so with what was diagnosed', async () => {
  const diagnosis = { diagnosis: 'd', bottleneck: 'b', component: 'model', task: 't', predictedGain: 0 } as const
  const { ask, questions } = scripted(['no', 'no', 'no'])
  const failure = await converse(ask, { ...opening, diagnosis }, yes, signal).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(NoValidReply)
  expect(failure).toMatchObject({ message: 'no valid reply of the model engineer in 3 tries: say yes', diagnosis })
  expect(questions).toHaveLength(3)
})

test('a reply that was cut gets more room, and is told to be brief', async () => {
  const { ask, questions } = scripted([{ text: 'y', end: 'cut' }, 'yes'])
  await converse(ask, opening, yes, signal)
  expect(questions[1]?.maxOutputTokens).toBe(2 * OUTPUT_TOKENS.model)
  expect(questions[1]?.turns[2]?.text).toContain('be brief')
})

test('a cut reply that can be used is used', async () => {
  const { ask } = scripted([{ text: 'yes', end: 'cut' }])
  expect(await converse(ask, opening, yes, signal)).toBe('yes')
})

test('who declines is told what it is about, and an empty reply is none', async () => {
  const { ask, questions } = scripted([{ text: 'yes, but I decline', end: 'refused' }, '  ', 'yes'])
  await converse(ask, opening, yes, signal)
  expect(questions[1]?.turns[2]?.text).toContain('harmless')
  expect(questions[2]?.turns.slice(1)).toMatchObject([{ text: '  ' }, { text: expect.stringContaining('empty') as string }])
})

test('what is no refusal goes through', async () => {
  const { ask } = scripted(['yes'])
  const broken = () => {
    throw new Error('ours')
  }
  await expect(converse(ask, opening, broken, signal)).rejects.toThrow('ours')
})
