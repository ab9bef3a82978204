import { expect, test } from 'vitest'
import { codeReply, llmEvidence, OPTIONS, samplePipeline, scripted, textOf } from '../../../tests/support/llm-team.ts'
import type { Script } from '../../../tests/support/llm-team.ts'
import { pastTrial } from '../../../tests/support/playbook-evidence.ts'
import { NoValidReply } from '../../core/team.ts'
import type { Diagnosis } from '../../core/team.ts'
import { makeLlmTeam } from './team.ts'

const pipeline = samplePipeline('tiny')
const { data, model, training } = pipeline
const files = { 'data.py': data, 'model.py': model, 'training.py': training }
const faster = training.replace('PEAK_RATE = 0.1', 'PEAK_RATE = 0.2')
const { signal } = new AbortController()
const task: Diagnosis = {
  diagnosis: 'slow',
  bottleneck: 'underfitting',
  component: 'training',
  task: 'Double PEAK_RATE.',
  predictedGain: 0.01,
}
const analysis = JSON.stringify({ ...task, predictedGain: 1 })

function team(script: Script, options: Partial<typeof OPTIONS> = {}) {
  return makeLlmTeam(script.ask, { ...OPTIONS, ...options })
}

test('the architect gives understanding, design and three files in one call', async () => {
  const script = scripted([codeReply({ understanding: 'Clothes.', design: 'A small net.' }, files)])
  const blueprint = await team(script).architect(llmEvidence().brief, signal)
  expect(blueprint).toMatchObject({ understanding: 'Clothes.', design: 'A small net.', pipeline })
  expect(script.questions[0]).toMatchObject({ role: 'architect', trial: 0, schema: null })
  expect(textOf(script.questions[0]!)).toContain(OPTIONS.contract.whole)
})

test('an architect who forgets a file is asked again, and told which', async () => {
  const script = scripted([codeReply({}, { 'data.py': data, 'model.py': model }), codeReply({}, files)])
  expect((await team(script).architect(llmEvidence().brief, signal)).pipeline).toEqual(pipeline)
  expect(script.questions[1]?.turns[2]?.text).toContain('the reply lacks training.py')
})

test('written step by step, each file is a call that sees the ones before', async () => {
  const script = scripted(
    Object.entries(files).map(([name, source]) => codeReply({ understanding: `On ${name}.`, design: name }, { [name]: source })),
  )
  const blueprint = await team(script, { initStepByStep: true }).architect(llmEvidence().brief, signal)
  expect(blueprint).toMatchObject({ understanding: 'On data.py.', design: 'data.py model.py training.py', pipeline })
  const [first, second, third] = script.questions.map(({ turns }) => turns[0]?.text ?? '')
  expect(first).toContain('None of the files is written yet.')
  expect(second).toContain('IMAGE_SIZE = 28')
  expect(second).not.toContain('def build_model')
  expect(third).toContain('def build_model')
})

test('the analyst reads figures, files and lessons, and is held to a schema', async () => {
  const past = [pastTrial(1, 'data', 'augment', -0.4, { title: 'cutout' })]
  const script = scripted([analysis])
  const evidence = llmEvidence({ confusions: [[0, 1, 12]] }, { rest: { past, sinceKept: 1, trialsLeft: 7 } })
  expect(await team(script).analyst(evidence, signal)).toEqual(task)
  const [question] = script.questions
  expect(question).toMatchObject({ role: 'analyst', trial: 2 })
  expect(question?.schema).toMatchObject({ required: expect.arrayContaining(['component']) as unknown })
  const text = textOf(question!)
  for (const said of [
    'accuracy 86.0 % on val (2,000 pictures; higher is better',
    'gap 12.3 points',
    'bag -> 1 boot: 12',
    '1 on 0, data/augment: cutout: rejected -0.4',
    'Trials left: 7',
    'PEAK_RATE = 0.1',
  ])
    expect(text).toContain(said)
  expect(text).not.toContain('structural move')
})

test('on a plateau the analyst is asked for a structural move', async () => {
  const script = scripted([analysis])
  await team(script).analyst(llmEvidence({}, { rest: { sinceKept: 3 } }), signal)
  expect(script.questions[0]?.turns[0]?.text).toContain(
    'Nothing was kept for 3 proposals: constants are used up. Ask for a structural move now',
  )
})

test('hints of the user reach the analyst, the newest first', async () => {
  const script = scripted([analysis])
  await team(script).analyst(llmEvidence({}, { rest: { hints: ['try grey', 'no, try sharper'] } }), signal)
  expect(script.questions[0]?.turns[0]?.text).toContain('["no, try sharper","try grey"]')
})

test('an analyst who names a frozen component is asked again', async () => {
  const script = scripted([analysis, analysis.replace('"component":"training"', '"component":"data"')])
  const diagnosis = await team(script).analyst(llmEvidence({}, { rest: { allowed: ['data', 'model'] } }), signal)
  expect(diagnosis?.component).toBe('data')
  expect(script.questions[1]?.turns[2]?.text).toContain('may not be changed now')
})

test('with a historian the past is summed up by a model first', async () => {
  const script = scripted(['Cutout lost 0.4 points in trial 1.', analysis])
  const past = [pastTrial(1, 'data', 'augment', -0.4)]
  await team(script, { historian: true }).analyst(llmEvidence({}, { rest: { past } }), signal)
  expect(script.questions.map(({ role }) => role)).toEqual(['historian', 'analyst'])
  expect(script.questions[1]?.turns[0]?.text).toContain(
    '<data about="summary of past proposals">\n"Cutout lost 0.4 points in trial 1."',
  )
})

test('an engineer carries out the task in its file, with the others for reading', async () => {
  const script = scripted([codeReply({ title: 'twice the rate', kind: 'rate' }, { 'training.py': faster })])
  const change = await team(script).engineers.training({ diagnosis: task, evidence: llmEvidence() }, signal)
  expect(change).toMatchObject({ title: 'twice the rate', kind: 'rate', source: faster })
  const text = textOf(script.questions[0]!)
  expect(script.questions[0]).toMatchObject({ role: 'training', trial: 1, schema: null })
  for (const said of [
    'Training Engineer',
    'Double PEAK_RATE.',
    training.trim(),
    '# data.py',
    'trains 2,500 pictures/s',
    'Weights at hand: none',
  ])
    expect(text).toContain(said)
})

test('weights at hand are named', async () => {
  const script = scripted([codeReply({}, { 'model.py': model.replace('2_000', '3_000') })])
  await team(script, { weights: ['vit_small_patch14_dinov2'] }).engineers.model(
    { diagnosis: task, evidence: llmEvidence() },
    signal,
  )
  expect(textOf(script.questions[0]!)).toContain('to be named in PRETRAINED of model.py: vit_small_patch14_dinov2.')
})

test('an engineer who sends the same file three times gives nothing, with the diagnosis for the record', async () => {
  const script = scripted(Array.from({ length: 3 }, () => codeReply({}, { 'training.py': training })))
  const failure = await team(script)
    .engineers.training({ diagnosis: task, evidence: llmEvidence() }, signal)
    .catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(NoValidReply)
  expect(failure).toMatchObject({
    diagnosis: task,
    message: expect.stringContaining('does the same as the current file') as string,
  })
})

test('what the architect understood goes with the files to all later roles', async () => {
  const script = scripted([
    codeReply({ understanding: 'Clothes, seen from the front.' }, files),
    analysis,
    codeReply({}, { 'training.py': faster }),
  ])
  const players = team(script)
  const { brief } = llmEvidence()
  const { memos } = await players.architect(brief, signal)
  const evidence = llmEvidence({}, { rest: { best: { ...llmEvidence().best, memos } } })
  const diagnosis = (await players.analyst(evidence, signal))!
  const change = await players.engineers.training({ diagnosis, evidence }, signal)
  for (const question of script.questions.slice(1)) expect(question.instructions).toContain('Clothes, seen from the front.')
  expect(change?.memo).toMatchObject({ author: 'engineer', understanding: 'Clothes, seen from the front.' })
})

test('what the user said takes the place of what the architect understood', async () => {
  const script = scripted([analysis])
  await team(script).analyst(llmEvidence({}, { facts: { about: 'my shoes' } }), signal)
  expect(script.questions[0]?.instructions).toContain('"user says":"my shoes"')
})

test('withheld, no word of the data set reaches a prompt', async () => {
  const script = scripted([analysis, codeReply({}, { 'training.py': faster }), codeReply({}, files)])
  const players = team(script, { datasetInfo: false })
  const evidence = llmEvidence({ confusions: [[0, 1, 9]] }, { facts: { about: 'my shoes' } })
  await players.analyst(evidence, signal)
  await players.engineers.training({ diagnosis: task, evidence }, signal)
  await players.architect(evidence.brief, signal)
  for (const question of script.questions) expect(textOf(question)).not.toMatch(/boot|shoes|sneaker|"pictures"/)
  expect(textOf(script.questions[0]!)).toContain('class 0 -> class 1: 9')
})

test('the same facts give the same questions', async () => {
  const [one, two] = [scripted([analysis]), scripted([analysis])]
  await team(one).analyst(llmEvidence(), signal)
  await team(two).analyst(structuredClone(llmEvidence()), signal)
  expect(two.questions).toEqual(one.questions)
})

test('what is the same in a run comes first: instructions do not change with the trial', async () => {
  const script = scripted([analysis, analysis])
  await team(script).analyst(llmEvidence(), signal)
  const later = llmEvidence({ dev: 0.9 }, { rest: { past: [pastTrial(1, 'model', 'width', 1)], sinceKept: 2, trialsLeft: 3 } })
  await team(script).analyst(later, signal)
  expect(script.questions[1]?.instructions).toBe(script.questions[0]?.instructions)
})
