import { describe, expect, test } from 'vitest'
import { COMPONENTS } from '../src/core/pipeline.ts'
import type { Component } from '../src/core/pipeline.ts'
import { checkDiagnosis } from '../src/team/llm/check-diagnosis.ts'
import { readObject } from '../src/team/llm/reply.ts'
import { samplePipeline } from './support/llm-team.ts'
import { readReply, repliesOf, REPLY_ROLES } from './support/reply-library.ts'
import type { ReplyRole } from './support/reply-library.ts'

const current = samplePipeline('tiny')
const all = REPLY_ROLES.flatMap(repliesOf)
const written = all.filter(({ role }) => role !== 'analyst')
const accepted = written.filter(({ expected }) => expected !== 'refused')
const analyses = all.filter(({ role, expected }) => role === 'analyst' && expected !== 'refused')

/** The components that a role's reply may change. */
function mayChange(role: ReplyRole): readonly Component[] {
  return COMPONENTS.filter((component) => component === role || !COMPONENTS.some((name) => name === role))
}

test('the library holds at least 60 written proposals, of which at least 40 train', () => {
  expect(written.length).toBeGreaterThanOrEqual(60)
  expect(written.filter(({ expected }) => expected === 'trains').length).toBeGreaterThanOrEqual(40)
})

test('broken replies, and these alone, are expected not to train', () => {
  expect(all.filter(({ quality, expected }) => (quality === 'broken') !== (expected !== 'trains'))).toEqual([])
})

describe.each(REPLY_ROLES)('replies of %s', (role) => {
  test.each(repliesOf(role).map((reply) => [reply.file, reply] as const))('%s is read as its index says', async (_, reply) => {
    const reading = await readReply(reply)
    const isRefused = 'refusal' in reading && reading.refusal.includes('no valid reply')
    expect({ isRefused, isRead: 'pipeline' in reading }).toEqual({
      isRefused: reply.expected === 'refused',
      isRead: reply.expected !== 'refused',
    })
  })
})

test('a reply changes what its role may change, and no two come to the same pipeline', async () => {
  const pipelines = await Promise.all(accepted.map(readReply))
  const texts = pipelines.map((reading, index) => {
    if (!('pipeline' in reading) || reading.pipeline === null) throw new Error(`${accepted[index]?.file} gave no pipeline`)
    const { pipeline } = reading
    const changed = COMPONENTS.filter((component) => pipeline[component] !== current[component])
    expect(changed).not.toEqual([])
    expect(mayChange(accepted[index]?.role ?? 'data')).toEqual(expect.arrayContaining(changed))
    return COMPONENTS.map((component) => pipeline[component]).join('\0')
  })
  expect(new Set(texts).size).toBe(accepted.length)
})

test('replies to one prompt change one file, those that may change anything between one and three', async () => {
  const counts = async (role: ReplyRole) => {
    const readings = await Promise.all(repliesOf(role).map(readReply))
    return readings.map((reading) => {
      const pipeline = 'pipeline' in reading ? reading.pipeline : null
      return COMPONENTS.filter((component) => pipeline !== null && pipeline[component] !== current[component]).length
    })
  }
  expect(new Set(await counts('single'))).toEqual(new Set([1]))
  expect(new Set(await counts('anything'))).toEqual(new Set([1, 2, 3]))
})

test.each(analyses.map((reply) => [reply.file, reply] as const))(
  'the analysis %s names the component of its idea, a task, and a gain that can be',
  (_, { text, idea }) => {
    const { component, task, predictedGain } = checkDiagnosis(readObject(text), COMPONENTS, 'accuracy')
    expect(idea.split(':')[0]).toBe(component)
    expect(task).toMatch(/\w+ \w+/)
    expect(predictedGain).toBeGreaterThan(0)
    expect(predictedGain).toBeLessThanOrEqual(0.2)
  },
)

test('an analysis that names a component which may not be changed now is refused', () => {
  const others = analyses.filter(({ idea }) => !idea.startsWith('model:'))
  expect(others.length).toBeGreaterThan(8)
  for (const { text } of others)
    expect(() => checkDiagnosis(readObject(text), ['model'], 'accuracy')).toThrow('may not be changed now; choose one of "model"')
})

test('a gain told in words, with a sign or far beyond what can be is taken for what it means', () => {
  const gainOf = (file: string) => {
    const reply = analyses.find((one) => one.file === file)
    return checkDiagnosis(readObject(reply?.text ?? ''), COMPONENTS, 'accuracy').predictedGain
  }
  expect(gainOf('14-larger-input.md')).toBeCloseTo(0.006)
  expect(gainOf('17-smaller-input.md')).toBeCloseTo(0.005)
  expect(gainOf('20-absurd-gain.md')).toBe(0.2)
})
