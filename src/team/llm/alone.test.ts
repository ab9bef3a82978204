import { expect, test } from 'vitest'
import { codeReply, llmEvidence, OPTIONS, samplePipeline, scripted, textOf } from '../../../tests/support/llm-team.ts'
import type { Script } from '../../../tests/support/llm-team.ts'
import type { Alone } from '../../core/team.ts'
import { makeLlmTeam } from './team.ts'

const pipeline = samplePipeline('tiny')
const { data, model, training } = pipeline
const faster = training.replace('PEAK_RATE = 0.1', 'PEAK_RATE = 0.2')
const wider = model.replace('STAGES = (2, 6, 12)', 'STAGES = (2, 6, 16)')
const { signal } = new AbortController()
const facts = {
  diagnosis: 'slow',
  bottleneck: 'underfitting',
  component: 'training',
  title: 'twice the rate',
  kind: 'rate',
  predictedGain: 1,
  rationale: 'Steps are few.',
}

function alone({ ask }: Script): Alone {
  const { alone: ways } = makeLlmTeam(ask, OPTIONS)
  if (ways === undefined) throw new Error('the team has no other ways of working')
  return ways
}

test('one prompt that does all five jobs changes exactly one file', async () => {
  const script = scripted([codeReply(facts, { 'training.py': faster })])
  const proposal = await alone(script).single(llmEvidence(), signal)
  expect(proposal?.diagnosis).toMatchObject({ component: 'training', bottleneck: 'underfitting', predictedGain: 0.01 })
  expect(proposal?.changes).toMatchObject({ training: { source: faster, title: 'twice the rate' } })
  expect(Object.keys(proposal?.changes ?? {})).toEqual(['training'])
  expect(script.questions[0]).toMatchObject({ role: 'single', trial: 1 })
  for (const source of [data, model, training]) expect(textOf(script.questions[0]!)).toContain(source.trim())
})

test('of two files none is chosen for it', async () => {
  const script = scripted([codeReply(facts, { 'training.py': faster, 'model.py': wider }), codeReply(facts, { 'model.py': wider })])
  const proposal = await alone(script).single(llmEvidence(), signal)
  expect(script.questions[1]?.turns[2]?.text).toContain('a step changes exactly one file')
  expect(proposal?.diagnosis?.component).toBe('model')
})

test('all files may change at once where that is asked for', async () => {
  const script = scripted([codeReply(facts, { 'training.py': faster, 'model.py': wider, 'data.py': data })])
  const proposal = await alone(script).anything(llmEvidence(), signal)
  expect(Object.keys(proposal?.changes ?? {})).toEqual(['model', 'training'])
  expect(proposal?.diagnosis).toBeNull()
  expect(proposal?.changes.model?.rationale).toBe('slow Steps are few.')
})

test('a frozen file stays out of it', async () => {
  const script = scripted([codeReply(facts, { 'training.py': faster, 'model.py': wider })])
  const proposal = await alone(script).anything(llmEvidence({}, { rest: { allowed: ['model'] } }), signal)
  expect(Object.keys(proposal?.changes ?? {})).toEqual(['model'])
})

test('afresh is one plain question, and independent answers differ in it', async () => {
  const whole = codeReply({}, { 'data.py': data, 'model.py': model, 'training.py': training })
  const script = scripted([whole, whole])
  const ways = alone(script)
  const { brief } = llmEvidence()
  const blueprint = await ways.afresh(brief, 0, signal)
  await ways.afresh(brief, 3, signal)
  expect(blueprint.pipeline).toEqual(pipeline)
  expect(script.questions.map(({ role, trial }) => [role, trial])).toEqual([
    ['zero-shot', 0],
    ['zero-shot', 3],
  ])
  const [first, second] = script.questions.map(textOf)
  expect(first).toContain('8,000 grey pictures of 10 classes to train on, about equally many a class, all 28 x 28 px')
  expect(first).not.toMatch(/boot|sneaker/)
  expect(second).not.toBe(first)
})
