import { expect, test } from 'vitest'
import { CASES, evidenceOfCase } from '../../../tests/support/playbook-cases.ts'
import { evidenceOf, pastTrial } from '../../../tests/support/playbook-evidence.ts'
import { toyCrafts, toyMemos, toyMove } from '../../../tests/support/toy-crafts.ts'
import { COMPONENTS } from '../../core/pipeline.ts'
import type { Evidence, Memos } from '../../core/team.ts'
import { analyse } from './analyst.ts'
import { carryOut } from './engineers.ts'
import { makeCrafts, makePlaybookTeam } from './team.ts'

const BY_HEART = { train: 0.99, dev: 0.85, passes: 40 }
const TOYS = COMPONENTS.flatMap((component, index) =>
  [1, 2, 3, 4, 5].map((number) =>
    toyMove(component, `${component} ${number}`, { kind: component, prior: 1 - index / 5 - number / 100 }),
  ),
)
const toys = toyCrafts(TOYS)
const toyEvidence = (rest: Partial<Evidence> & { memos?: Memos } = {}) =>
  evidenceOf(BY_HEART, {}, { memos: toyMemos(toys), ...rest })

const answers = CASES.map((one) => ({ name: one.name, answer: analyse(makeCrafts(), evidenceOfCase(one)) }))
const answerTo = (name: string) => answers.find((one) => one.name === name)?.answer

test('twelve recorded cases with different bottlenecks get different answers', () => {
  expect(CASES).toHaveLength(12)
  const given = answers.flatMap(({ answer }) => (answer === null ? [] : [answer]))
  expect(new Set(given.map(({ diagnosis }) => diagnosis)).size).toBe(given.length)
  expect(new Set(given.map(({ bottleneck }) => bottleneck)).size).toBeGreaterThanOrEqual(6)
  expect(new Set(given.map(({ component }) => component))).toEqual(new Set(COMPONENTS))
  expect(new Set(given.map(({ task }) => task.split(',')[0])).size).toBeGreaterThanOrEqual(8)
})

test.each([
  ['learnt by heart in many passes', 'overfitting'],
  ['too few passes', 'undertrained'],
  ['flat and poor after many passes', 'underfitting'],
  ['a loss that jumps', 'unstable'],
  ['rare classes under a balanced metric', 'imbalance'],
  ['two pairs of classes', 'confusion'],
  ['steps that cost too much', 'slow'],
])('%s: the answer is %s', (name, bottleneck) => {
  expect(answerTo(name)?.bottleneck).toBe(bottleneck)
})

test('what is learnt by heart is met in data.py, what sees too little in model.py, what jumps in training.py', () => {
  expect(answerTo('learnt by heart in many passes')?.component).toBe('data')
  expect(answerTo('flat and poor after many passes')?.component).toBe('model')
  expect(answerTo('a loss that jumps')?.component).toBe('training')
})

test('a tutorial pipeline gets a change that is worth more than any of a sound one', () => {
  expect(answerTo('a plain tutorial pipeline')?.predictedGain).toBeGreaterThan(0.01)
})

test('a pipeline that is nearly perfect is left alone', () => {
  expect(answerTo('nearly perfect')).toBeNull()
})

test('the same pipeline with the figures of another case gets the answer of that case', () => {
  const [byHeart, flat] = [CASES[0], CASES[3]]
  if (byHeart === undefined || flat === undefined) throw new Error('cases are missing')
  const swapped = analyse(makeCrafts(), evidenceOfCase({ ...byHeart, fit: flat.fit }))
  expect(swapped?.bottleneck).toBe('underfitting')
  expect(swapped?.component).not.toBe(answerTo(byHeart.name)?.component)
})

test('the component whose best move promises most is chosen', () => {
  expect(analyse(toys, toyEvidence())?.component).toBe('data')
  const past = [1, 2].map((trial) => pastTrial(trial, 'training', 'training', 3))
  expect(analyse(toys, toyEvidence({ past }))?.component).toBe('training')
})

test('after three rejections of one component in a row it goes elsewhere', () => {
  const result = { status: 'scored', decision: 'rejected', delta: 0.01, low: -0.03, high: 0.05, costRatio: 1 } as const
  const near = (count: number) => Array.from({ length: count }, (_, index) => pastTrial(index + 1, 'data', 'x', 0, { result }))
  expect(analyse(toys, toyEvidence({ past: near(2) }))?.component).toBe('data')
  expect(analyse(toys, toyEvidence({ past: near(3) }))?.component).toBe('model')
  expect(analyse(toys, toyEvidence({ past: near(3), allowed: ['data'] }))?.component).toBe('data')
})

test('where only one component may be changed, that one is', () => {
  for (const component of COMPONENTS) expect(analyse(toys, toyEvidence({ allowed: [component] }))?.component).toBe(component)
})

test('when everything left was seen to lose, there is nothing to propose', () => {
  const past = COMPONENTS.flatMap((component, index) =>
    [1, 2, 3, 4].map((trial) => pastTrial(10 * index + trial, component, component, -2.5)),
  )
  expect(analyse(toys, toyEvidence({ past }))).toBeNull()
})

test('components that another author wrote are not touched', async () => {
  const memos = { ...toyMemos(toys), data: { author: 'somebody' }, training: null }
  const evidence = toyEvidence({ memos })
  expect(analyse(toys, evidence)?.component).toBe('model')
  expect(analyse(toys, { ...evidence, allowed: ['data', 'training'] })).toBeNull()
  const diagnosis = { diagnosis: 'x', bottleneck: 'slow', component: 'data', task: 'x', predictedGain: 0 } as const
  expect(carryOut(toys.data, { diagnosis, evidence })).toBeNull()
})

test('a refused move is named in the task with what was found', () => {
  const moves = [toyMove('data', 'mirror', { labelRisk: 'mirror', prior: 9 }), toyMove('data', 'shift')]
  const crafts = toyCrafts(moves, () => ({ verdict: 'refused', finding: 'the classes are letters' }))
  const evidence = evidenceOf(BY_HEART, {}, { memos: toyMemos(crafts) })
  expect(analyse(crafts, evidence)?.task).toContain('not to be done: mirror (the classes are letters)')
})

test('the engineer does what the task names, with the numbers that led to it, and remembers the design', () => {
  const past = [pastTrial(1, 'data', 'data', 2)]
  const evidence = toyEvidence({ past })
  const diagnosis = analyse(toys, evidence)
  if (diagnosis === null) throw new Error('a diagnosis was expected')
  const change = carryOut(toys[diagnosis.component], { diagnosis, evidence })
  expect(diagnosis.task).toContain(change?.title)
  expect(change?.rationale).toContain('Train 99.0 % against dev 85.0 %')
  expect(change?.rationale).toContain('In this run data brought so far: +2.0 points')
  expect(change?.source).toBe('# data: data 1\n')
  expect(change?.fingerprint).toBe('data: data 1')
  expect(change?.memo).toMatchObject({ design: { done: ['data 1'] }, lineage: ['data: ', 'data: data 1'] })
})

test("another Analyst's bottleneck steers the engineer", () => {
  const moves = [toyMove('data', 'hole', { helps: { overfitting: 1 } }), toyMove('data', 'jumps', { helps: { unstable: 3 } })]
  const crafts = toyCrafts(moves)
  const evidence = evidenceOf(BY_HEART, {}, { memos: toyMemos(crafts) })
  const told = (bottleneck: string) =>
    carryOut(crafts.data, { diagnosis: { diagnosis: 'told', bottleneck, component: 'data', task: '', predictedGain: 0 }, evidence })
      ?.title
  expect(told('overfitting')).toBe('hole')
  expect(told('unstable')).toBe('jumps')
  expect(told('a word of its own')).toBe('hole')
})

test('the same evidence gets the same answers', async () => {
  const signal = new AbortController().signal
  const [one, other] = [makePlaybookTeam(), makePlaybookTeam()]
  for (const recorded of CASES) {
    const evidence = evidenceOfCase(recorded)
    const diagnosis = await one.analyst(evidence, signal)
    expect(await other.analyst(evidence, signal)).toEqual(diagnosis)
    if (diagnosis === null) continue
    const change = await one.engineers[diagnosis.component]({ diagnosis, evidence }, signal)
    expect(change).not.toBeNull()
    expect(await other.engineers[diagnosis.component]({ diagnosis, evidence }, signal)).toEqual(change)
  }
})
