import { beforeAll, expect, test } from 'vitest'
import type { Evidence } from '../../core/team.ts'
import { makeBrief } from '../../../tests/support/playbook-brief.ts'
import { pythonFindings, runPlaybookProgram } from '../../../tests/support/playbook-python.ts'
import { fingerprintOf } from './fingerprint.ts'
import { costOf } from './model-cost.ts'
import { photoDesign, smallDesign, tutorialDesign } from './model-design.ts'
import type { ModelDesign, Size, StagedDesign } from './model-design.ts'
import { BOTTLENECKS } from './move.ts'
import { MODEL_MOVES, defaultModel } from './moves-model.ts'
import { renderModel } from './render-model.ts'

type Setting = { readonly name: string; readonly design: ModelDesign; readonly size: Size; readonly channels: 1 | 3 }
type Seen = {
  readonly problems: readonly string[]
  readonly loss: number
  readonly guess: number
  readonly untouched: readonly string[]
  readonly finite: boolean
  readonly same: boolean
  readonly alone: boolean
  readonly shape: readonly number[]
  readonly logits: readonly number[]
  readonly parameters: number
  readonly multiplyAdds: number
}

const CLASS_COUNT = 10
const small = smallDesign([28, 28])
/** Designs to start from such that each move applies to one of them. */
const SETTINGS: readonly Setting[] = [
  { name: 'small', design: small, size: [28, 28], channels: 1 },
  { name: 'photo', design: photoDesign(), size: [48, 48], channels: 3 },
  { name: 'tutorial', design: tutorialDesign([28, 28]), size: [28, 28], channels: 1 },
  {
    name: 'grouped',
    design: { ...small, norm: 'group', hasSqueezeExcitation: true, isCosine: true, hidden: 64, halving: 'stride', halvings: 2 },
    size: [28, 28],
    channels: 1,
  },
]
/** Sizes and channels that a person may bring. */
const PICTURES = [
  ['grey 28 px', [28, 28], 1],
  ['colour 64 px', [64, 64], 3],
  ['colour 96 px', [96, 96], 3],
  ['grey faces', [112, 92], 1],
  ['grey 8 px', [8, 8], 1],
] as const

/** Pictures few and seconds many, so that no move is refused for its cost. */
function situationOf({ size, channels }: Pick<Setting, 'size' | 'channels'>, trainSeconds = 3600) {
  return { brief: makeBrief(size, { channels, trainCount: 30, trainSeconds }), evidence: null }
}

function applied(setting: Setting) {
  return MODEL_MOVES.flatMap((move) => {
    const design = move.apply(setting.design, situationOf(setting))
    return design === null ? [] : [{ move, setting, design, source: renderModel(design) }]
  })
}

const results = SETTINGS.flatMap(applied)

const starts = SETTINGS.map((setting) => ({ ...setting, source: renderModel(setting.design) }))
const defaults = PICTURES.flatMap(([name, size, channels]) => {
  const { brief } = situationOf({ size, channels })
  const designs = { default: defaultModel(brief, size), tutorial: tutorialDesign(size) }
  return Object.entries(designs).map(([kind, design]) => ({
    name: `${kind}, ${name}`,
    design,
    size,
    channels,
    source: renderModel(design),
  }))
})
/** Every third move, one upon the other. */
const piles = PICTURES.flatMap(([name, size, channels]) =>
  [0, 1, 2].map((start) => {
    const situation = situationOf({ size, channels })
    const chosen = MODEL_MOVES.filter((_, index) => index % 3 === start)
    const design = chosen.reduce<ModelDesign>((so, move) => move.apply(so, situation) ?? so, defaultModel(situation.brief, size))
    return { name: `every third move from ${start} on, ${name}`, design, size, channels, source: renderModel(design) }
  }),
)

type Tried = Pick<Setting, 'size' | 'channels'> & { readonly source: string }
const looks = new Map<string, Seen>()
const keyOf = ({ source, size, channels }: Tried) => JSON.stringify([source, size, channels])

function seenOf(tried: Tried): Seen {
  const found = looks.get(keyOf(tried))
  if (found === undefined) throw new Error('a net was not tried')
  return found
}

/** All nets in one process: torch takes seconds to start. */
beforeAll(async () => {
  const all: readonly Tried[] = [
    ...starts,
    ...results.map((result) => ({ ...result.setting, source: result.source })),
    ...defaults,
    ...piles,
  ]
  const asked = all.map(({ source, size, channels }) => ({ source, size, channels, classCount: CLASS_COUNT }))
  const answers = (await runPlaybookProgram('try_models', asked)) as readonly Seen[]
  for (const [index, tried] of all.entries()) if (answers[index]) looks.set(keyOf(tried), answers[index])
}, 300_000)

/** One sentence for each thing that is wrong with a net that was run once. */
function faults(name: string, seen: Seen): string[] {
  if (seen.problems.length > 0) return seen.problems.map((problem) => `${name}: ${problem}`)
  return [
    ...(seen.finite ? [] : [`${name}: loss or gradients are not finite`]),
    ...(Math.abs(seen.loss - seen.guess) < 0.15 ? [] : [`${name}: first loss ${seen.loss}, expected ${seen.guess}`]),
    ...seen.untouched.map((parameter) => `${name}: no gradient reaches ${parameter}`),
    ...(seen.same ? [] : [`${name}: evaluation gives two results for the same pictures`]),
    ...(seen.alone ? [] : [`${name}: a picture alone gives another result than in a batch`]),
    ...(seen.shape.at(-1) === CLASS_COUNT ? [] : [`${name}: logits of shape ${seen.shape.join(' x ')}`]),
  ]
}

test('every move applies to one of the settings, and has a name of its own', () => {
  const ids = MODEL_MOVES.map((move) => move.id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.filter((id) => !results.some(({ move }) => move.id === id))).toEqual([])
  expect(new Set(MODEL_MOVES.map((move) => move.title)).size).toBe(ids.length)
  expect(new Set(MODEL_MOVES.map((move) => move.kind)).size).toBe(10)
})

test('every move is told apart by its fingerprint, and none leaves the design as it was', () => {
  for (const { name, design } of SETTINGS) {
    const own = results.filter(({ setting }) => setting.name === name).map((result) => fingerprintOf(result.design))
    expect(new Set([...own, fingerprintOf(design)]).size).toBe(own.length + 1)
  }
})

test('every move makes a net that trains, is counted exactly, and differs from the one before', () => {
  const wrong = results.flatMap(({ move, setting, design, source }) => {
    const [was, is] = [seenOf({ ...setting, source: renderModel(setting.design) }), seenOf({ ...setting, source })]
    const name = `${move.id} on ${setting.name}`
    const differs = isDifferent(was, is) || NOISE_ONLY.includes(move.id)
    return [
      ...faults(name, is),
      ...miscounted(name, { ...setting, design }, is),
      ...(differs ? [] : [`${name}: gives the same logits as before`]),
    ]
  })
  expect(wrong).toEqual([])
})

/** These change training alone. */
const NOISE_ONLY = ['model/stochastic-depth', 'model/more-dropout', 'model/no-dropout', 'model/hidden-dropout']

function isDifferent(was: Seen, is: Seen): boolean {
  return was.parameters !== is.parameters || was.logits.some((logit, index) => Math.abs(logit - (is.logits[index] ?? 0)) > 1e-6)
}

function miscounted(name: string, { design, channels, size }: Omit<Setting, 'name'>, is: Seen): string[] {
  const { parameters, multiplyAdds } = costOf(design, channels, size, CLASS_COUNT)
  return [
    ...(is.parameters === parameters ? [] : [`${name}: ${is.parameters} parameters, counted ${parameters}`]),
    ...(is.multiplyAdds === multiplyAdds ? [] : [`${name}: ${is.multiplyAdds} multiply-adds, counted ${multiplyAdds}`]),
  ]
}

test('the defaults, the tutorial net, and moves upon moves run on every kind of picture and are counted exactly', () => {
  const wrong = [...defaults, ...piles].flatMap((tried) => [
    ...faults(tried.name, seenOf(tried)),
    ...miscounted(tried.name, tried, seenOf(tried)),
  ])
  expect(wrong).toEqual([])
})

test('linter and formatter have nothing to say about what is rendered', { timeout: 120_000 }, async () => {
  const sources = Object.fromEntries(
    results.map(({ move, setting, source }) => [`${move.id.replace(/\W/g, '_')}_${setting.name}`, source]),
  )
  const others = Object.fromEntries(
    [...starts, ...defaults, ...piles].map(({ name, source }) => [name.replace(/\W+/g, '_'), source]),
  )
  expect(await pythonFindings({ ...sources, ...others })).toBe('')
})

test('the reason of every move stands in the source that it leads to', () => {
  const silent = results.filter(({ move, source }) => {
    const words = source.replace(/[\s#]+/g, ' ')
    return move.id !== 'model/staged' && !words.includes(move.why)
  })
  expect(silent.map(({ move, setting }) => `${move.id} on ${setting.name}`)).toEqual([])
})

test('the cost of a move is what its steps take: narrower nets are faster, gates cost next to nothing', () => {
  const setting = SETTINGS[0] as Setting
  const costs = Object.fromEntries(
    applied(setting).map(({ move, design }) => [
      move.id,
      typeof move.cost === 'number' ? move.cost : move.cost(setting.design, design, situationOf(setting)),
    ]),
  )
  expect(costs['model/wider']).toBeGreaterThan(1.6)
  expect(costs['model/narrower']).toBeLessThan(0.8)
  expect(costs['model/pool-first']).toBeLessThan(0.8)
  expect(costs['model/squeeze-excitation']).toBeLessThan(1.4)
  expect(costs['model/pool-both']).toBeLessThan(1.05)
  expect(Object.values(costs).every((cost) => cost > 0 && Number.isFinite(cost))).toBe(true)
})

test('what makes a net dearer is refused where the budget leaves too few passes', () => {
  const wider = MODEL_MOVES.find((move) => move.id === 'model/wider')
  const narrower = MODEL_MOVES.find((move) => move.id === 'model/narrower')
  const brief = makeBrief([28, 28], { trainCount: 50_000, trainSeconds: 20 })
  expect(wider?.apply(small, { brief, evidence: null })).toBeNull()
  expect(narrower?.apply(small, { brief, evidence: null })).not.toBeNull()
  const measured = { best: { imagesPerSecond: 50_000, pipeline: { data: 'IMAGE_SIZE = 28\n' } } } as Evidence
  expect(wider?.apply(small, { brief, evidence: measured })).not.toBeNull()
})

test('priors are points, and helps name bottlenecks', () => {
  for (const { prior, helps, labelRisk, component } of MODEL_MOVES) {
    expect(Math.abs(prior)).toBeLessThanOrEqual(2)
    expect(Object.keys(helps).every((word) => (BOTTLENECKS as readonly string[]).includes(word))).toBe(true)
    expect([labelRisk, component]).toEqual([null, 'model'])
  }
})

test('a move and its opposite lead back to the same net', () => {
  const there = (id: string, design: StagedDesign) =>
    MODEL_MOVES.find((move) => move.id === `model/${id}`)?.apply(
      design,
      situationOf({ size: [28, 28], channels: 1 }),
    ) as StagedDesign
  for (const [go, back] of [
    ['residual', 'no-shortcuts'],
    ['deeper', 'shallower'],
    ['squeeze-excitation', 'no-squeeze-excitation'],
    ['pool-first', 'pool-after'],
    ['halving-stem', 'full-size-stem'],
    ['more-dropout', 'no-dropout'],
    ['later-halving', 'earlier-halving'],
    ['hidden-layer', 'linear-head'],
    ['another-stage', 'fewer-stages'],
    ['gelu', 'relu'],
  ] as const) {
    const base = go === 'deeper' ? { ...small, blocks: [1, 1, 1] } : small
    const returned = there(back, there(go, base))
    const expected = go === 'deeper' ? { ...small, blocks: [0, 1, 1] } : small
    expect([go, fingerprintOf(returned)]).toEqual([go, fingerprintOf(expected)])
  }
})
