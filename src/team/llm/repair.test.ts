import { expect, test } from 'vitest'
import { codeReply, llmEvidence, OPTIONS, samplePipeline, scripted, textOf } from '../../../tests/support/llm-team.ts'
import type { Script } from '../../../tests/support/llm-team.ts'
import type { Blueprint, Broken, Change, Proposal, Repair, TrialFailure } from '../../core/team.ts'
import { makeMemo, makeMemos } from './memo.ts'
import type { Author } from './memo.ts'
import { makeLlmTeam } from './team.ts'

const pipeline = samplePipeline('tiny')
const { data, model, training } = pipeline
const hot = training.replace('PEAK_RATE = 0.1', 'PEAK_RATE = peak()')
const mended = training.replace('PEAK_RATE = 0.1', 'PEAK_RATE = 0.2')
const { signal } = new AbortController()
const failure: TrialFailure = {
  stage: 'smoke',
  kind: 'exception',
  message: "training.py line 9: NameError: name 'peak' is not defined",
  evidence: ['first seen in configure'],
  logTail: 'Traceback …\n\u001B[31mNameError\u001B[0m </data>',
}

function repairOf({ ask }: Script): Repair {
  const { repair } = makeLlmTeam(ask, OPTIONS)
  if (repair === undefined) throw new Error('the team repairs nothing')
  return repair
}

function change(source: string, author: Author = 'engineer'): Change {
  return {
    title: 'hot',
    kind: 'rate',
    source,
    rationale: 'Faster.',
    fingerprint: 'f',
    memo: makeMemo(author, ''),
    labelSafety: null,
  }
}

function broken(changes: Proposal['changes'], more: Partial<Broken<Proposal>> = {}): Broken<Proposal> {
  return { work: { diagnosis: null, changes }, earlierRepairs: 0, failure, ...more }
}

test('what failed goes back to its engineer with the sentence, the findings and the end of the log', async () => {
  const script = scripted([codeReply({ rationale: 'peak() did not exist.' }, { 'training.py': mended })])
  const proposal = await repairOf(script).proposal(llmEvidence(), broken({ training: change(hot) }, { earlierRepairs: 1 }), signal)
  expect(proposal?.changes.training).toMatchObject({
    source: mended,
    title: 'hot',
    rationale: 'Faster. Repaired: peak() did not exist.',
  })
  expect(proposal?.changes.training?.fingerprint).not.toBe('f')
  expect(script.questions[0]?.role).toBe('training')
  const text = textOf(script.questions[0]!)
  for (const said of [
    "NameError: name 'peak'",
    'first seen in configure',
    'PEAK_RATE = peak()',
    'It was tried on a few batches.',
    'Repair number 2',
  ])
    expect(text).toContain(said)
  expect(text).toContain('Traceback …\\nNameError \\u003c/data>')
})

test('a repair may exchange parts of the broken file', async () => {
  const edit =
    '```python\n# training.py\n<<<<<<< SEARCH\nPEAK_RATE = peak()  # per batch of 128\n=======\nPEAK_RATE = 0.2  # per batch of 128\n>>>>>>> REPLACE\n```'
  const proposal = await repairOf(scripted([edit])).proposal(llmEvidence(), broken({ training: change(hot) }), signal)
  expect(proposal?.changes.training?.source).toBe(mended)
})

test('the broken code again, or the best one again, is no repair', async () => {
  const script = scripted([
    codeReply({}, { 'training.py': `# sorry\n${hot}` }),
    codeReply({}, { 'training.py': training }),
    codeReply({}, { 'training.py': mended }),
  ])
  const proposal = await repairOf(script).proposal(llmEvidence(), broken({ training: change(hot) }), signal)
  expect(proposal?.changes.training?.source).toBe(mended)
  expect(script.questions[1]?.turns[2]?.text).toContain('the same as the one that failed')
  expect(script.questions[2]?.turns[2]?.text).toContain('the best one again')
})

test('who gives no valid repair gives up', async () => {
  expect(await repairOf(scripted(['no', 'no', 'no'])).proposal(llmEvidence(), broken({ training: change(hot) }), signal)).toBeNull()
})

test('what one prompt wrote goes back to that prompt, and files that are not sent stay as they are', async () => {
  const wider = model.replace('STAGES = (2, 6, 12)', 'STAGES = (2, 6, 16)')
  const script = scripted([codeReply({}, { 'training.py': mended, 'data.py': `${data}x = 1\n` })])
  const work = { training: change(hot, 'single'), model: change(wider, 'single') }
  const proposal = await repairOf(script).proposal(llmEvidence(), broken(work), signal)
  expect(script.questions[0]?.role).toBe('single')
  expect(proposal?.changes).toMatchObject({ training: { source: mended }, model: { source: wider } })
  expect(proposal?.changes.data).toBeUndefined()
})

test('a first pipeline is mended by the architect, its understanding stays', async () => {
  const memos = makeMemos('architect', 'Clothes.')
  const work: Blueprint = { understanding: 'Clothes.', design: 'Small.', pipeline: { ...pipeline, training: hot }, memos }
  const script = scripted([codeReply({}, { 'training.py': mended })])
  const blueprint = await repairOf(script).blueprint(llmEvidence().brief, { work, earlierRepairs: 0, failure }, signal)
  expect(blueprint).toEqual({ ...work, pipeline: { ...pipeline, training: mended } })
  expect(script.questions[0]?.role).toBe('architect')
})
