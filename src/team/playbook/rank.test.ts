import { expect, test } from 'vitest'
import { evidenceOf, pastTrial } from '../../../tests/support/playbook-evidence.ts'
import type { Fit } from '../../../tests/support/playbook-evidence.ts'
import { toyCrafts, toyMemos, toyMove } from '../../../tests/support/toy-crafts.ts'
import type { ToyDesign } from '../../../tests/support/toy-crafts.ts'
import type { Brief, Evidence, PastTrial } from '../../core/team.ts'
import type { CraftParts } from './craft.ts'
import { diagnose } from './diagnose.ts'
import { ideasFor } from './ideas.ts'
import type { Measurement } from './measured.ts'
import type { Move } from './move.ts'
import { expectedImprovement } from './rank.ts'

const BY_HEART = { train: 0.99, dev: 0.85, passes: 40 }
const SHORT = { train: 0.86, dev: 0.855, passes: 3 }

type Setting = {
  readonly past?: readonly PastTrial[]
  readonly fit?: Fit
  readonly facts?: Partial<Brief>
  readonly done?: readonly string[]
  readonly safety?: CraftParts<ToyDesign>['safety']
  readonly measured?: Readonly<Record<string, readonly Measurement[]>>
}

function ranking(
  moves: readonly Move<ToyDesign>[],
  { past = [], fit = BY_HEART, facts, done = [], safety, measured }: Setting = {},
) {
  const crafts = toyCrafts(moves, safety, measured)
  const evidence: Evidence = evidenceOf(fit, facts, { past, memos: toyMemos(crafts, { data: done }) })
  return ideasFor(crafts.data, evidence, diagnose(evidence))?.ranked ?? []
}
const titles = (...args: Parameters<typeof ranking>) => ranking(...args).map(({ option }) => option.move.title)

const HOLE = toyMove('data', 'hole', { helps: { overfitting: 1, undertrained: -1 }, prior: 0.1 })
const LARGER = toyMove('data', 'larger', { helps: { undertrained: 1, overfitting: -0.5 }, prior: 0.1 })

test('what is wrong decides which move comes first', () => {
  expect(titles([HOLE, LARGER])).toEqual(['hole', 'larger'])
  expect(titles([HOLE, LARGER], { fit: SHORT })).toEqual(['larger', 'hole'])
})

test('a move is proposed for the heavy finding that it does something about, not for a heavier one that it leaves alone', () => {
  const fit = { train: 0.99, dev: 0.93, val: 0.93, passes: 40, devCount: 600, confusions: [[6, 9, 30]] as const }
  const findingOf = (move: Move<ToyDesign>) => ranking([move], { fit })[0]?.finding.bottleneck
  expect(findingOf(toyMove('data', 'sharper', { helps: { confusion: 0.4 } }))).toBe('confusion')
  expect(findingOf(HOLE)).toBe('overfitting')
  expect(findingOf(toyMove('data', 'neutral'))).toBe('confusion')
})

test('what a move brought on other image sets shifts the judgement, the more the surer it is', () => {
  const moves = [toyMove('data', 'x', { prior: 0.2 }), toyMove('data', 'y', { prior: 0.4 })]
  const gained = (error: number) => ({ 'data/x': [{ set: 'a', points: 1.5, error, wrong: 0.1, passes: 40 }] })
  const gainOfX = (measured: Setting['measured']) =>
    ranking(moves, { ...(measured && { measured }) }).find(({ option }) => option.move.title === 'x')?.gain ?? 0
  expect(titles(moves)).toEqual(['y', 'x'])
  expect(titles(moves, { measured: gained(0.3) })).toEqual(['x', 'y'])
  expect(gainOfX(gained(0.3))).toBeGreaterThan(gainOfX(gained(3)))
  expect(gainOfX(gained(3))).toBeGreaterThan(gainOfX(undefined))
})

const FAVOURITES = ['a', 'b', 'c', 'd'].map((name) => toyMove('data', name, { kind: 'favourite', prior: 1.5 }))
const OTHER = toyMove('data', 'other', { prior: 0.4 })

test('after three measured losses a kind is not chosen although its prior is the highest', () => {
  expect(titles([...FAVOURITES, OTHER])[0]).not.toBe('other')
  const past = ['a', 'b', 'c'].map((title, index) => pastTrial(index + 1, 'data', 'favourite', -0.6, { title }))
  expect(titles([...FAVOURITES, OTHER], { past })[0]).toBe('other')
})

test('after measured gains a kind is preferred to one with a higher prior', () => {
  const moves = [toyMove('data', 'x', { kind: 'lucky', prior: 0.1 }), toyMove('data', 'y', { prior: 0.5 })]
  expect(titles(moves)[0]).toBe('y')
  const past = [1, 2].map((trial) => pastTrial(trial, 'data', 'lucky', 1.6))
  expect(titles(moves, { past })[0]).toBe('x')
})

test('a slower step has to earn its seconds, the more so where passes are scarce', () => {
  const moves = [toyMove('data', 'dear', { cost: 2, prior: 0.7 }), toyMove('data', 'cheap', { prior: 0.4 })]
  expect(titles(moves, { fit: SHORT })).toEqual(['cheap', 'dear'])
  const [dear] = ranking([toyMove('data', 'dear', { cost: 2 })], { fit: SHORT })
  const [dearWithPasses] = ranking([toyMove('data', 'dear', { cost: 2 })])
  expect(dear?.gain).toBeLessThan(dearWithPasses?.gain ?? 0)
  expect(titles([toyMove('data', 'far', { cost: (_, after) => 1 + after.done.length }), toyMove('data', 'near')])[0]).toBe('near')
})

test('a change that pictures do not bear is out, a doubtful one is worth half', () => {
  const moves = [toyMove('data', 'mirror', { labelRisk: 'mirror', prior: 2 }), toyMove('data', 'plain', { prior: 1.2 })]
  const judge = (verdict: 'safe' | 'doubtful' | 'refused') => titles(moves, { safety: () => ({ verdict, finding: 'seen' }) })
  expect(judge('safe')).toEqual(['mirror', 'plain'])
  expect(judge('doubtful')).toEqual(['plain', 'mirror'])
  expect(judge('refused')).toEqual(['plain'])
})

test('a change with a fingerprint that was proposed before is out', () => {
  const tried = pastTrial(1, 'data', 'hole', -0.1, { title: 'hole', fingerprint: 'data: hole' })
  expect(titles([HOLE, LARGER], { past: [tried] })).toEqual(['larger'])
})

test('a near miss may come again once its component has changed, a sure loss may not', () => {
  const trial = (points: number) => [pastTrial(1, 'data', 'hole', points, { title: 'hole', fingerprint: 'data: hole' })]
  expect(titles([HOLE, LARGER], { past: trial(-0.2), done: ['larger'] })).toEqual(['hole'])
  expect(titles([HOLE, LARGER], { past: trial(-2), done: ['larger'] })).toEqual([])
})

test('a change is not taken back to where the component came from', () => {
  const back: Move<ToyDesign> = toyMove('data', 'back', {
    apply: ({ done }) => (done.length > 0 ? { done: done.slice(0, -1) } : null),
  })
  const crafts = toyCrafts([HOLE, back])
  const [before] = [toyMemos(crafts).data as { lineage: string[] }]
  const memo = { author: 'playbook', component: 'data', design: { done: ['hole'] }, lineage: [...before.lineage, 'data: hole'] }
  const evidence = evidenceOf(BY_HEART, {}, { memos: { ...toyMemos(crafts), data: memo } })
  expect(ideasFor(crafts.data, evidence, diagnose(evidence))?.ranked).toEqual([])
})

test('moves that promise the same come in an order that the seed decides', () => {
  const moves = [1, 2, 3, 4, 5, 6].map((number) => toyMove('data', `move ${number}`, { kind: 'same' }))
  const orders = new Set([1, 2, 3, 4, 5].map((seed) => titles(moves, { facts: { seed } }).join()))
  expect(orders.size).toBeGreaterThan(1)
  expect(titles(moves)).toEqual(titles(moves))
})

test('where hardly anything is wrong, hardly anything is promised', () => {
  const [little] = ranking([toyMove('data', 'move')], { fit: { train: 1, dev: 0.998, passes: 40 } })
  const [much] = ranking([toyMove('data', 'move')])
  expect(little?.gain).toBeLessThan((much?.gain ?? 0) / 5)
})

test('what a trial is worth is its mean where it is sure, and more where it is not', () => {
  expect(expectedImprovement({ mean: 1, deviation: 0.01 })).toBeCloseTo(1, 6)
  expect(expectedImprovement({ mean: 0, deviation: 1 })).toBeCloseTo(0.398942, 5)
  expect(expectedImprovement({ mean: -1, deviation: 1 })).toBeCloseTo(0.083315, 5)
})

test('a whole component that came near may come again once another one has changed, and not before', () => {
  const whole = { ...HOLE, isWhole: true as const }
  const [option] = ranking([HOLE])
  const near = pastTrial(1, 'data', 'test', -0.1, { title: 'hole', fingerprint: option?.option.fingerprint ?? '' })
  expect(titles([whole], { past: [near] })).toEqual([])
  expect(titles([whole], { past: [near, pastTrial(2, 'data', 'other', 1)] })).toEqual([])
  expect(titles([whole], { past: [near, pastTrial(2, 'model', 'other', -0.1)] })).toEqual([])
  expect(titles([whole], { past: [near, pastTrial(2, 'model', 'other', 1)] })).toEqual(['hole'])
  expect(titles([HOLE], { past: [near, pastTrial(2, 'model', 'other', 1)] })).toEqual([])
})
