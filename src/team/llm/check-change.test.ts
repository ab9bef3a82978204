import { expect, test } from 'vitest'
import { codeReply, llmEvidence, samplePipeline } from '../../../tests/support/llm-team.ts'
import { pastTrial } from '../../../tests/support/playbook-evidence.ts'
import type { Evidence } from '../../core/team.ts'
import { checkChanges, slug } from './check-change.ts'
import type { Asked } from './check-change.ts'
import { fingerprintOf } from './fingerprint.ts'
import { readCode } from './reply.ts'

const { data, model, training } = samplePipeline('tiny')
const faster = training.replace('PEAK_RATE = 0.1', 'PEAK_RATE = 0.2')

function check(reply: string, evidence: Evidence = llmEvidence(), more: Partial<Asked> = {}) {
  const otherwise = { title: 'the task', kind: 'a kind' }
  const asked: Asked = { components: ['training'], evidence, otherwise, memo: 'memo', ...more }
  return checkChanges(readCode(reply, { isCut: false, expected: 'training' }), asked)
}

const edit = (search: string, replace: string) =>
  `\`\`\`python\n# training.py\n<<<<<<< SEARCH\n${search}\n=======\n${replace}\n>>>>>>> REPLACE\n\`\`\``

test('a new file becomes a change with its words', () => {
  const facts = {
    title: 'twice\nthe rate',
    kind: 'Learning Rate!',
    rationale: 'It is slow.',
    expect: 'train rises',
    labelSafety: 'n/a',
  }
  const { training: change } = check(codeReply(facts, { 'training.py': faster }))
  expect(change).toEqual({
    title: 'twice the rate',
    kind: 'learning-rate',
    source: faster,
    rationale: 'It is slow. Expected: train rises',
    fingerprint: fingerprintOf('training', faster, training),
    memo: 'memo',
    labelSafety: null,
  })
})

test('where the reply says nothing about it, the task gives the words', () => {
  expect(check(codeReply({ title: 7 }, { 'training.py': faster })).training).toMatchObject({
    title: 'the task',
    kind: 'a-kind',
    rationale: '',
  })
})

test('parts that are exchanged come to the same file', () => {
  expect(check(edit('PEAK_RATE = 0.1  # per batch of 128', 'PEAK_RATE = 0.2  # per batch of 128')).training?.source).toBe(faster)
})

test('the line that names the file may stand in the parts, too', () => {
  const head = '"""SGD with Nesterov momentum and a triangular learning rate, label smoothing, no decay on norms and biases."""'
  const source = check(edit(`# training.py\n${head}`, `# training.py\n${head}\n\nFAST = True`)).training?.source ?? ''
  expect(source.startsWith(`${head}\n\nFAST = True\n`)).toBe(true)
})

test('several parts in one block are exchanged one after another', () => {
  const two = `<<<<<<< SEARCH\nMOMENTUM = 0.9\n=======\nMOMENTUM = 0.8\n>>>>>>> REPLACE\n<<<<<<< SEARCH\n    batch = max(16, min(BATCH_SIZE, info.train_count // MIN_STEPS_AN_EPOCH))   \n=======\n    batch = BATCH_SIZE\n>>>>>>> REPLACE`
  const source = check(`\`\`\`\n${two}\n\`\`\``).training?.source ?? ''
  expect(source).toContain('MOMENTUM = 0.8\n')
  expect(source).toContain('    batch = BATCH_SIZE\n')
})

test.each([
  [
    'a part that is not there',
    edit('PEAK_RATE = 0.3', 'PEAK_RATE = 0.2'),
    'begins with "PEAK_RATE = 0.3" does not occur in training.py',
  ],
  ['a part that is there twice', edit('', ''), 'does not occur'],
  ['a part without its end', edit('PEAK_RATE = 0.1', 'x').replace('>>>>>>> REPLACE', ''), 'is not complete'],
  ['the same file', codeReply({}, { 'training.py': `# new words\n${training}` }), 'does the same as the current file'],
  ['an empty file', codeReply({}, { 'training.py': '# later' }), 'training.py is empty'],
  ['a piece of a file', codeReply({}, { 'training.py': 'PEAK_RATE = 0.2' }), 'must define configure(model, info)'],
  ['a huge file', codeReply({}, { 'training.py': `${faster}${'x = 1\n'.repeat(2000)}` }), 'lines and'],
  ['another file', codeReply({}, { 'model.py': model }), 'holds no training.py, it holds model.py, which stay as they are'],
])('%s is refused', (_, reply, problem) => {
  expect(() => check(reply)).toThrow(problem)
})

test('code of other files is not used, and that is told', () => {
  const changes = check(
    codeReply({ rationale: 'Faster.' }, { 'training.py': faster, 'model.py': 'def build_model(info): return None' }),
  )
  expect(Object.keys(changes)).toEqual(['training'])
  expect(changes.training?.rationale).toBe('Faster. The reply also held model.py, which was not asked for and not used.')
})

test('what was tried on this best is refused before it costs a training', () => {
  const fingerprint = fingerprintOf('training', faster, training)
  const evidence = llmEvidence({}, { rest: { past: [pastTrial(3, 'training', 'rate', -0.3, { fingerprint })] } })
  expect(() => check(codeReply({}, { 'training.py': faster }), evidence)).toThrow(
    'this is the change of trial 3 again, and it was rejected; send a different one',
  )
})

test('several files are taken where all may change, without those that stay the same', () => {
  const files = { 'training.py': faster, 'data.py': `${data}\n# the same`, 'model.py': model.replace('2_000', '3_000') }
  expect(Object.keys(check(codeReply({}, files), llmEvidence(), { components: ['data', 'model', 'training'] }))).toEqual([
    'model',
    'training',
  ])
})

test('what the data engineer says of labels is told as its word', () => {
  const reply = codeReply({ labelSafety: 'clothes look alike mirrored' }, { 'data.py': data.replace('FLIP = 0.5', 'FLIP = 0.3') })
  expect(check(reply, llmEvidence(), { components: ['data'] }).data?.labelSafety).toBe(
    'the engineer says: clothes look alike mirrored',
  )
})

test('a kind is a word for grouping', () => {
  expect(slug('  Régularise (strong) ')).toBe('regularise-strong')
  expect(slug('学習')).toBe('')
})
