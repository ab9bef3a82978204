import { expect, test } from 'vitest'
import { comparedRun, sampleLlm } from '../../tests/support/compared-run.ts'
import type { Told } from '../../tests/support/compared-run.ts'
import { sampleSpec } from '../../tests/support/sample-run.ts'
import { componentFigures } from './compare-runs-figures.ts'
import { findMismatches } from './compare-runs-groups.ts'
import { compareRuns } from './compare-runs.ts'
import type { RunSpec } from './run-spec.ts'

const told = (spec: Partial<RunSpec>, val: number, more: Partial<Told> = {}): Told => ({
  spec,
  baseline: 0.8,
  proposals: [{ val, isKept: true }],
  test: [0.8, val],
  ...more,
})
const run = (name: string, spec: Partial<RunSpec>, val = 0.9, more: Partial<Told> = {}) => comparedRun(name, told(spec, val, more))
const llm = { team: 'llm', llm: sampleLlm() }
const { dataset, budget, machine } = sampleSpec()

test('runs that differ in seed, time of making and machine alone are one group, in the order of their seeds', () => {
  const runs = [
    run('a', { seed: 2 }),
    run('b', { seed: 1, createdAt: '2026-12-01T00:00:00.000Z', machine: { ...machine, referenceSpeed: 700 } }),
    run('c', { ...llm, seed: 1 }),
    run('d', { ...llm, seed: 2, llm: sampleLlm({ timeoutSeconds: 60 }) }),
  ]
  expect(compareRuns(runs).groups.map((group) => [group.name, group.runs.map(({ name }) => name)])).toEqual([
    ['A', ['b', 'a']],
    ['B', ['c', 'd']],
  ])
})

test.each<[string, Partial<RunSpec>, Readonly<Record<string, string>>]>([
  ['strategy', { strategy: 'random' }, { strategy: 'random' }],
  ['keep rule', { keep: 'paper' }, { keep: 'paper' }],
  ['start', { init: 'plain' }, { init: 'plain' }],
  ['a number of the budget', { budget: { ...budget, trials: 20 } }, { 'budget.trials': '20' }],
  ['components', { components: ['data'] }, { components: 'data' }],
])('another %s is another group, and what sets it apart is told', (_, spec, apart) => {
  const { groups } = compareRuns([run('a', {}), run('b', spec)])
  expect(groups).toHaveLength(2)
  expect(groups[1]?.apart).toEqual(apart)
})

test('other models are another group', () => {
  const other = sampleLlm({ models: { model: 'openai:big', roles: { analyst: 'openai:small' }, baseUrl: null } })
  expect(compareRuns([run('a', llm), run('b', { ...llm, llm: other })]).groups).toHaveLength(2)
})

test.each<[string, Partial<RunSpec>]>([
  ['images', { dataset: { ...dataset, contentHash: 'd' } }],
  ['groups of images', { dataset: { ...dataset, groups: '(p[0-9]+)' } }],
  ['metric', { metric: 'macro-f1' }],
  ['training of a trial', { budget: { ...budget, trainSeconds: 30.1 } }],
])('runs with other %s are a mismatch that names the runs, and no group of comparable ones', (what, spec) => {
  const runs = [run('a', {}), run('b', spec), run('c', {})]
  expect(findMismatches(runs)).toMatchObject([{ what, values: [{ runs: ['a', 'c'] }, { runs: ['b'] }] }])
  expect(compareRuns(runs).groups.map(({ isComparable }) => isComparable)).toEqual([true, false])
})

test('one run has no standard deviation, and its gain the interval over images', () => {
  const [group] = compareRuns([run('a', {})]).groups
  expect(group?.test?.final).toEqual({ mean: 0.9, deviation: null, runs: 1, seeds: 1 })
  expect(group?.test?.gain.over).toBe('images')
  expect(group?.test?.gain.interval?.low).toBeCloseTo(0.088, 9)
  expect(group?.test?.n).toEqual([656])
})

test('two runs of one seed have no standard deviation and no interval', () => {
  const [group] = compareRuns([run('a', {}), run('b', {}, 0.92)]).groups
  expect(group?.test?.gain).toMatchObject({ deviation: null, interval: null, over: null, runs: 2, seeds: 1 })
})

test('several seeds have mean, standard deviation and an interval of Student over seeds', () => {
  const [group] = compareRuns([run('a', { seed: 0 }, 0.9), run('b', { seed: 1 }, 0.92)]).groups
  expect(group?.test?.final.mean).toBeCloseTo(0.91, 9)
  expect(group?.test?.final.deviation).toBeCloseTo(0.02 / Math.SQRT2, 9)
  expect(group?.test?.gain.over).toBe('seeds')
  expect(group?.test?.gain.interval?.high).toBeCloseTo(0.11 + 12.7062 * 0.01, 4)
})

test('a run that kept nothing gains nothing on the test', () => {
  const [group] = compareRuns([run('a', {}, 0.7, { proposals: [{ val: 0.7 }], test: [0.81, 0.81] })]).groups
  expect(group?.test).toMatchObject({ baseline: { mean: 0.81 }, final: { mean: 0.81 }, gain: { mean: 0, interval: null } })
})

test('unfinished runs count their proposals and leave the figures of the test and the cost alone', () => {
  const open = run('b', { seed: 1 }, 0.95, { test: null, proposals: [{ val: 0.95, isKept: true }, { val: 0.9 }] })
  const [group] = compareRuns([run('a', {}), open]).groups
  expect(group).toMatchObject({
    finished: 1,
    test: { final: { mean: 0.9, runs: 1 } },
    proposals: { proposals: 3 },
    cost: { activeSeconds: 250 },
  })
  expect(compareRuns([open]).groups[0]).toMatchObject({ finished: 0, test: null, cost: { activeSeconds: 300 } })
})

test('a valid proposal is one that was scored; a mended one is not scored as first written', () => {
  const proposals = [{ val: 0.9, isKept: true }, { val: 0.85, isRepaired: true }, { val: null, isRepaired: true }, { val: null }]
  const [group] = compareRuns([run('a', {}, 0.9, { proposals })]).groups
  expect(group?.proposals).toEqual({
    proposals: 4,
    kept: 1,
    rejected: 1,
    failed: 2,
    open: 0,
    scored: 2,
    scoredAtFirst: 1,
    repairs: 2,
  })
})

test('cost is the mean a run, with the CPU-seconds of every scored training and of the refits', () => {
  const calls = [{ inputTokens: 100, outputTokens: 10, usd: 0.5 }]
  const paid = run('a', llm, 0.9, { proposals: [{ val: 0.9, isKept: true, calls }] })
  const free = run('b', { ...llm, seed: 1 }, 0.9)
  expect(compareRuns([paid, free]).groups[0]?.cost).toMatchObject({
    activeSeconds: 250,
    trainCpuSeconds: 58 + 58 + 60,
    calls: 0.5,
    inputTokens: 50,
    outputTokens: 5,
    usd: 0.25,
    unpriced: 0,
  })
})

test('components are counted by what was chosen, and earn the gains of what was kept, a run', () => {
  const proposals = [
    { val: 0.83, isKept: true, component: 'data' as const },
    { val: 0.7, component: 'data' as const },
    { val: null, component: 'model' as const },
  ]
  const [group] = compareRuns([run('a', {}, 0.9, { proposals }), run('b', { seed: 1 }, 0.9, { proposals })]).groups
  expect(group?.components).toMatchObject([
    { component: 'data', chosen: 4, scored: 4, kept: 2, images: [1050, 1050] },
    { component: 'model', chosen: 2, scored: 0, kept: 0, earnedPerRun: 0 },
  ])
  expect(group?.components[0]?.earnedPerRun).toBeCloseTo(0.03, 9)
})

test('a proposal that never became a pipeline counts for the component that was diagnosed, one of several files for all of them', () => {
  const { state } = run('a', {}, 0.9, { proposals: [{ val: null }, { val: 0.7 }] })
  const [baseline, refused, both] = state.trials
  const trials = [
    baseline!,
    {
      ...refused!,
      changes: [],
      evaluations: [],
      refusal: 'no code in the reply',
      diagnosis: { ...refused!.diagnosis!, component: 'model' as const },
    },
    {
      ...both!,
      changes: [
        { ...both!.changes[0]!, component: 'model' as const },
        { ...both!.changes[0]!, component: 'data' as const },
      ],
    },
  ]
  expect(componentFigures([{ ...state, trials }])).toMatchObject([
    { component: 'data + model', chosen: 1, scored: 1 },
    { component: 'model', chosen: 1, scored: 0 },
  ])
})

test('the margin is taken where the first search ended, whatever came later', () => {
  const late = {
    proposals: [
      { val: 0.85, isKept: true },
      { val: 0.99, isKept: true },
    ],
    test: [0.8, 0.99] as const,
  }
  const { margins } = compareRuns([run('a', { seed: 0 }, 0.83), run('b', { seed: 1 }, 0.84), run('c', llm, 0.9, late)])
  expect(margins).toMatchObject({ seconds: 200, reference: 'A', groups: [{ group: 'A', difference: null }, { group: 'B' }] })
  expect(margins?.groups[1]?.value).toEqual({ mean: 0.85, deviation: null, runs: 1, seeds: 1 })
  expect(margins?.groups[1]?.difference?.value).toBeCloseTo(0.015, 9)
  expect(margins?.groups[1]?.difference?.interval).toBeNull()
})

test('with two seeds on each side the margin has an interval, and less log loss is a gain', () => {
  const spec = { metric: 'log-loss' as const }
  const { margins } = compareRuns([
    run('a', { ...spec, seed: 0 }, 0.5),
    run('b', { ...spec, seed: 1 }, 0.52),
    run('c', { ...spec, ...llm, seed: 0 }, 0.4),
    run('d', { ...spec, ...llm, seed: 1 }, 0.42),
  ])
  const difference = margins?.groups[1]?.difference
  expect(difference?.value).toBeCloseTo(0.1, 9)
  expect(difference?.interval?.low).toBeCloseTo(0.1 - 4.3027 * Math.sqrt(0.0002), 4)
})

test('without a playbook whose search has ended on the same yardstick there is no margin', () => {
  expect(compareRuns([run('a', llm)]).margins).toBeNull()
  expect(compareRuns([run('a', llm), run('b', {}, 0.9, { test: null })]).margins).toBeNull()
  expect(compareRuns([run('a', llm), run('b', { strategy: 'random' })]).margins).toBeNull()
  expect(compareRuns([run('a', llm), run('b', { metric: 'macro-f1' })]).margins).toBeNull()
})
