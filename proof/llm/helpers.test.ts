import { expect, test } from 'vitest'
import type { StampedEvent } from '../../src/core/run-events.ts'
import { samplePipeline } from '../../tests/support/llm-team.ts'
import { askRole, faultsIn } from './ask-role.ts'
import { ODD_REPLIES } from './odd-replies.ts'
import { isMadeOf, valueIn } from './read-prompt.ts'
import { differences, timeless } from './run-end.ts'
import type { RunEnd } from './run-end.ts'
import { holds } from './secrets.ts'

const END: RunEnd = { trials: [{ n: 0 }, { n: 1 }], best: 1, isFinished: true, activeSeconds: 20, calls: [] }

test('two ends differ in sentences, whatever time they took', () => {
  expect(differences({ ...END, activeSeconds: 30 }, END)).toEqual([])
  expect(differences({ ...END, trials: [{ n: 0 }], best: 0, isFinished: false }, END)).toEqual([
    'the run is not finished',
    '1 trials are lost',
    'the best is trial 0 and not 1',
  ])
  expect(differences({ ...END, trials: [{ n: 0 }, { n: 2 }] }, END)).toEqual(['trials 1 came to something else'])
})

test('an event without its times is the same event; what it says stays', () => {
  const event = (at: string, reason: string) => ({ type: 'search.ended', reason, best: 1, seq: 4, at, activeSeconds: at.length })
  const [one, later, other] = [event('a', 'plateau'), event('later', 'plateau'), event('a', 'time')].map((each) =>
    timeless(each as StampedEvent),
  )
  expect(later).toEqual(one)
  expect(other).not.toEqual(one)
})

test('a prompt is known, and what was filled in is read again', () => {
  const text = 'You keep the memory of nobody'
  expect(isMadeOf('historian', text)).toBe(false)
  const task = 'All past proposals (val, points, in favour of the change)\nnone {{so}} far'
  expect(isMadeOf('historian-task', task)).toBe(true)
  expect(valueIn('historian-task', 'lessons', task)).toBe('none {{so}} far')
  expect(() => valueIn('historian-task', 'files', task)).toThrow('no files of the prompt historian-task')
})

test('a key is found in every spelling', () => {
  const key = 'a"b\\c/d+e=f&g'
  for (const text of [key, JSON.stringify({ key }), JSON.stringify(JSON.stringify({ key })), `?k=${encodeURIComponent(key)}`])
    expect(holds(`before ${text} after`, key)).toBe(true)
  expect(holds(Buffer.from(key).toString('base64'), key)).toBe(true)
  expect(holds('a"b', key)).toBe(false)
})

test('work that could not be trained is told apart from work that could', async () => {
  const [good] = ODD_REPLIES.filter(({ role, expected }) => role === 'training' && expected === 'taken')
  const work = await askRole('training', () => Promise.resolve({ text: good?.text ?? '', end: 'complete' }))
  if (work === null || !('proposal' in work) || work.proposal.changes.training === undefined) throw new Error('no change')
  expect(faultsIn(work)).toEqual([])
  const { proposal } = work
  const withSource = (source: string) => ({
    proposal: { ...proposal, changes: { training: { ...proposal.changes.training!, source } } },
  })
  expect(faultsIn(withSource('x = 1\0'))).toEqual([
    'training.py does not define what it must',
    'training.py holds control characters',
  ])
  expect(faultsIn(withSource(samplePipeline('tiny').training))).toEqual(['training.py is as it was'])
  expect(faultsIn({ proposal: { ...proposal, changes: {} } })).toEqual(['it changes nothing'])
})

test('sixty replies were written by hand', () => {
  expect(ODD_REPLIES).toHaveLength(60)
})
