import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { makeBrief, makeEvidence } from '../../../tests/support/brief.ts'
import { pythonFindings, runPlaybookProgram } from '../../../tests/support/playbook-python.ts'
import { atSize, photoData, plainData, smallData } from './data-design.ts'
import type { DataDesign } from './data-design.ts'
import { designFor } from './architect.ts'
import { chooseInputSize } from './architect-size.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { Move, Situation } from './move.ts'
import { DATA_MOVES } from './moves-data.ts'
import { renderData } from './render-data.ts'

const startingData = (brief: Parameters<typeof designFor>[0]) => designFor(brief, chooseInputSize(brief)).data

type Pictures = 'grey 28 x 28' | 'colour 64 x 64' | 'photos of uneven size'
type Start = { readonly pictures: Pictures; readonly design: DataDesign; readonly situation: Situation }
type Look = {
  readonly problems: readonly string[]
  readonly shape: readonly number[]
  readonly range: readonly [number, number]
  readonly finite: boolean
  readonly targetSum: readonly [number, number] | null
  readonly weights: readonly number[] | null
  readonly batchPrint: string
  readonly views: number
  readonly inputPrint: string
  readonly viewsPrint: readonly string[]
}

const UNEVEN = { classCounts: [800, 300, 100], metric: 'balanced-accuracy' } as const
const GREY = makeBrief(UNEVEN)
const COLOUR = makeBrief({ ...UNEVEN, channels: 3, shape: [64, 64], trainSeconds: 300, name: 'cells' })
const PHOTOS = makeBrief({ ...UNEVEN, channels: 3, shape: [94, 96], trainSeconds: 300, aspect: [0.8, 1.4] })

const start = (pictures: Pictures, brief: typeof GREY, design: DataDesign): Start => {
  const memo = { author: 'playbook', component: 'data', design, lineage: [] }
  const best = makeEvidence(brief, memo)
  return { pictures, design, situation: { brief, evidence: { ...best, best: { ...best.best, imagesPerSecond: 1200 } } } }
}

/** A design in which all that can be taken back is on. */
const BUSY: DataDesign = {
  ...photoData({ imageSize: [64, 64], isLong: true, mirrors: true }),
  shift: { pixels: 2, fill: 'reflect' },
  verticalFlip: 0.5,
  policy: { operations: ['identity', 'rotate'], strength: 0.5 },
  colour: { brightness: 0.2, contrast: 0.2, saturation: 0.3, hue: 0.03 },
  blur: { share: 0.3, sigma: 1 },
  noise: 10,
  normalisation: 'stretch',
  mixup: 0.2,
  cutmix: 0.5,
  sampling: 'sqrt',
  views: { mirror: true, shiftPixels: 2, zooms: [1.125] },
}

const STARTS: readonly Start[] = [
  start('grey 28 x 28', GREY, smallData({ imageSize: [28, 28], isLong: false, mirrors: true })),
  start('grey 28 x 28', GREY, plainData([28, 28])),
  start('colour 64 x 64', COLOUR, smallData({ imageSize: [64, 64], isLong: true, mirrors: true })),
  start('photos of uneven size', PHOTOS, photoData({ imageSize: [64, 64], isLong: true, mirrors: true })),
  start('photos of uneven size', PHOTOS, { ...plainData([80, 52]), fit: 'pad', mirror: 0.5 }),
  start('photos of uneven size', PHOTOS, { ...BUSY, imageSize: [64, 65] }),
]

/** Each move on the first beginning that it fits. */
const APPLIED = DATA_MOVES.map((move) => {
  const found = STARTS.find(({ design, situation }) => move.apply(design, situation) !== null)
  const after = found === undefined ? null : move.apply(found.design, found.situation)
  return { move, found, after }
})

const moveNamed = (id: string): Move<DataDesign> => {
  const move = DATA_MOVES.find((one) => one.id === `data/${id}`)
  if (move === undefined) throw new Error(`no move ${id}`)
  return move
}
const costOf = ({ cost }: Move<DataDesign>, before: DataDesign, after: DataDesign, situation: Situation) =>
  typeof cost === 'number' ? cost : cost(before, after, situation)

describe('the catalogue', () => {
  test('holds at least 40 moves of at least 12 families, each with a name, a title and a reason of its own', () => {
    for (const unique of [DATA_MOVES.map(({ id }) => id), DATA_MOVES.map(({ title }) => title)])
      expect(new Set(unique).size).toBe(unique.length)
    expect(DATA_MOVES.length).toBeGreaterThanOrEqual(40)
    expect(new Set(DATA_MOVES.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(12)
    expect(DATA_MOVES.filter(({ why }) => why.endsWith('.') || why.charAt(0) !== why.charAt(0).toLowerCase())).toEqual([])
  })

  test('every move applies somewhere, and no two come to the same design', () => {
    expect(APPLIED.filter(({ after }) => after === null).map(({ move }) => move.id)).toEqual([])
    for (const { design, situation } of STARTS) {
      const results = DATA_MOVES.flatMap((move) => move.apply(design, situation) ?? [])
      const prints = results.map(fingerprintOf)
      expect(new Set(prints).size).toBe(prints.length)
      expect(prints).not.toContain(fingerprintOf(design))
    }
  })

  test('what a move expects is modest, and its cost is a plausible ratio', () => {
    const odd = APPLIED.filter(({ move, found, after }) => {
      const cost = found && after ? costOf(move, found.design, after, found.situation) : 0
      return Math.abs(move.prior) > 1 || cost < 0.5 || cost > 2
    })
    expect(odd.map(({ move }) => move.id)).toEqual([])
  })

  test('a move that may change what pictures mean says which probe tells', () => {
    const risks = (kind: string) => DATA_MOVES.filter((move) => move.kind === kind).map(({ labelRisk }) => labelRisk)
    expect(risks('augment-orientation')).toEqual(['flip-vertical', 'rotate-90'])
    expect(risks('weaken').every((risk) => risk === null)).toBe(true)
    expect([moveNamed('mirror').labelRisk, moveNamed('hue').labelRisk, moveNamed('window').labelRisk]).toEqual([
      'mirror',
      'hue',
      'crop',
    ])
  })
})

describe('each move on one batch', () => {
  let before: readonly Look[] = []
  let after: readonly Look[] = []

  beforeAll(async () => {
    const items = (designs: readonly (DataDesign | null | undefined)[]) =>
      APPLIED.map(({ found }, index) => ({
        source: renderData(designs[index] ?? plainData([28, 28])),
        pictures: found?.pictures ?? 'grey 28 x 28',
      }))
    const old = items(APPLIED.map(({ found }) => found?.design))
    const changed = items(APPLIED.map((one) => one.after))
    const looks = (await runPlaybookProgram('exercise_data', [...old, ...changed])) as Look[]
    before = looks.slice(0, old.length)
    after = looks.slice(old.length)
  }, 180_000)

  test('passes the static check and the looks of the smoke run', () => {
    expect(APPLIED.flatMap(({ move }, index) => after[index]?.problems.map((problem) => `${move.id}: ${problem}`) ?? [])).toEqual(
      [],
    )
  })

  test('changes what the model trains on, what it predicts from, or how often a class is drawn', () => {
    const same = APPLIED.filter((_, index) => {
      const [one, other] = [before[index], after[index]]
      return JSON.stringify(one) === JSON.stringify(other)
    })
    expect(same.map(({ move }) => move.id)).toEqual([])
  })

  test('keeps shapes, finite values of a sane range, and targets that sum to 1', () => {
    const wrong = APPLIED.filter(({ after: design }, index) => {
      const look = after[index]
      if (!look || !design) return true
      const sums = look.targetSum ?? [1, 1]
      const isOdd = !look.finite || Math.max(...look.range.map(Math.abs)) > 8 || sums.some((sum) => Math.abs(sum - 1) > 1e-4)
      return isOdd || look.shape.slice(2).join() !== design.imageSize.join()
    })
    expect(wrong.map(({ move }) => move.id)).toEqual([])
  })

  test('has its effect where it says', () => {
    const effects = Object.fromEntries(
      APPLIED.map(({ move }, index) => [move.id.slice('data/'.length), effectOf(before[index], after[index])]),
    )
    expect(effects).toMatchInlineSnapshot(`
      {
        "balanced-sampling": "sampling",
        "blur": "batch",
        "centre-crop": "input",
        "cutmix": "batch, targets",
        "cutout": "batch",
        "cutout-larger": "batch",
        "enlarged-input": "size, batch, input",
        "grey": "batch",
        "halve": "batch",
        "holes": "batch",
        "hue": "batch",
        "larger-input": "size, batch, input",
        "light": "batch",
        "mirror": "batch, views 1 -> 2",
        "mirror-views": "views 1 -> 2",
        "mixup": "batch, targets",
        "natural-sampling": "sampling",
        "no-affine": "batch",
        "no-colour": "batch",
        "no-cutout": "batch",
        "no-mirror": "batch, views 2 -> 1",
        "no-mixing": "batch, targets",
        "no-orientation": "batch",
        "no-policy": "batch",
        "no-quality": "batch",
        "no-shift": "batch",
        "no-window": "batch",
        "noise": "batch",
        "own-aspect": "size, batch, input",
        "pad": "input",
        "plain": "batch",
        "policy-places": "batch",
        "policy-tones": "batch",
        "policy-wide": "batch",
        "quarter-turns": "batch",
        "saturation": "batch",
        "shear": "batch",
        "shift": "batch",
        "shift-fill": "batch",
        "shift-further": "batch",
        "shift-views": "views 2 -> 10",
        "single-view": "views 2 -> 1",
        "smaller-input": "size, batch, input",
        "sqrt-sampling": "sampling",
        "square": "size, batch, input",
        "squash": "batch, input",
        "strengthen": "batch",
        "turn": "batch",
        "turn-further": "batch",
        "values-by-dataset": "batch, input",
        "values-per-image": "batch, input",
        "values-stretched": "batch, input",
        "vertical-flip": "batch",
        "window": "batch",
        "window-smaller": "batch",
        "zoom": "batch",
        "zoom-views": "views 2 -> 4",
      }
    `)
  })

  test('is written as Python that the linter and the formatter have nothing to say about', async () => {
    const sources = APPLIED.map(
      ({ move, after: design }) => [move.id.replace('/', '_'), renderData(design ?? plainData([1, 1]))] as const,
    )
    expect(await pythonFindings(Object.fromEntries(sources))).toBe('')
  }, 60_000)

  test('says its reason in the file, if what it does is written there', () => {
    const silent = APPLIED.filter(({ move, after: design }) => {
      const reason = Object.values(design?.why ?? {}).includes(move.why)
      const text = renderData(design ?? plainData([1, 1]))
        .replaceAll(/\n(?: {4})?(?:# )?/g, ' ')
        .toLowerCase()
      return reason && !text.includes(move.why.toLowerCase())
    })
    expect(silent.map(({ move }) => move.id)).toEqual([])
  })
})

/** What of a look differs: the training batch, the targets, the input of a prediction, its views, the class weights. */
function effectOf(one: Look | undefined, other: Look | undefined): string {
  if (!one || !other) return 'none'
  const parts = [
    one.shape.join() === other.shape.join() ? null : 'size',
    one.batchPrint === other.batchPrint ? null : 'batch',
    one.targetSum === other.targetSum || (one.targetSum && other.targetSum) ? null : 'targets',
    one.inputPrint === other.inputPrint ? null : 'input',
    one.views === other.views ? null : `views ${one.views} -> ${other.views}`,
    JSON.stringify(one.weights) === JSON.stringify(other.weights) ? null : 'sampling',
  ]
  return parts.filter((part) => part !== null).join(', ')
}

describe('a move does not apply', () => {
  const small = smallData({ imageSize: [28, 28], isLong: false, mirrors: true })
  const apply = (id: string, design: DataDesign, brief = GREY, probed = true) =>
    moveNamed(id).apply(design, { brief, evidence: probed ? makeEvidence(brief, null) : null })

  test.each(['hue', 'saturation', 'grey'])('%s where the pictures are grey', (id) => {
    expect(apply(id, small)).toBeNull()
    expect(apply(id, small, makeBrief({ channels: 3 }))).not.toBeNull()
  })

  test.each([
    ['digits', {}],
    ['pictures', { classes: ['zero', 'one', 'two', 'three', 'four'] }],
    ['ORL_faces', {}],
    ['scans', { about: 'handwritten letters' }],
  ])('quarter turns and vertical flips where pictures have a side that is up: %s %o', (name, facts) => {
    expect(apply('quarter-turns', small, makeBrief({ name, ...facts }))).toBeNull()
    expect(apply('vertical-flip', small, makeBrief({ name, ...facts }))).toBeNull()
  })

  test('quarter turns before a model can be asked, unless the names say that no side is up', () => {
    expect(apply('quarter-turns', small, makeBrief(), false)).toBeNull()
    expect(apply('quarter-turns', small, makeBrief({ name: 'tissue' }), false)).not.toBeNull()
    expect(apply('quarter-turns', atSize(small, [28, 20]))).toBeNull()
  })

  test.each(['cutout', 'holes', 'mixup', 'cutmix', 'policy-places', 'policy-tones', 'policy-wide', 'window'])(
    '%s in a training of few passes',
    (id) => {
      const hurried = makeBrief({ trainSeconds: 2 })
      expect(apply(id, small, hurried)).toBeNull()
      expect(apply(id, small)).not.toBeNull()
    },
  )

  test('a larger input beyond what is stored, or where the passes are few', () => {
    const photo = photoData({ imageSize: [64, 64], isLong: false, mirrors: true })
    expect(apply('larger-input', photo, makeBrief({ shape: [96, 96] }))?.imageSize).toEqual([80, 80])
    expect(apply('larger-input', photo, makeBrief({ shape: [70, 70] }))).toBeNull()
    expect(apply('larger-input', photo, makeBrief({ shape: [96, 96], trainSeconds: 2 }))).toBeNull()
  })

  test('resampling where classes are even, and full balance where the metric is not balanced', () => {
    expect(apply('sqrt-sampling', small, makeBrief({ classCounts: [10, 9, 8] }))).toBeNull()
    expect(apply('balanced-sampling', small, makeBrief({ ...UNEVEN, metric: 'accuracy' }))).toBeNull()
    expect(apply('balanced-sampling', small)?.sampling).toBe('balanced')
  })

  test('twice: what is in force already is no move, unless more of it is', () => {
    const again = APPLIED.filter(({ move, found, after }) => found && after && move.apply(after, found.situation) !== null)
    const more = ['input-size', 'strengthen', 'weaken']
    expect(again.filter(({ move }) => !more.includes(move.kind)).map(({ move }) => move.id)).toEqual(FURTHER)
    expect(again.filter(({ move }) => move.kind === 'weaken').map(({ move }) => move.id)).toEqual(['data/halve'])
  })
})

const FURTHER = ['data/shift-further']

describe('there and back', () => {
  test.each([
    ['mirror', 'no-mirror', plainData([28, 28])],
    ['shift', 'no-shift', plainData([28, 28])],
    ['turn', 'no-affine', plainData([28, 28])],
    ['light', 'no-colour', plainData([28, 28])],
    ['cutout', 'no-cutout', plainData([28, 28])],
    ['cutmix', 'no-mixing', plainData([28, 28])],
    ['policy-places', 'no-policy', plainData([28, 28])],
    ['values-per-image', 'values-by-dataset', plainData([28, 28])],
    ['sqrt-sampling', 'natural-sampling', plainData([28, 28])],
    ['shift-views', 'single-view', plainData([28, 28])],
  ])('%s and %s end where they began, reasons included', (there, back, design) => {
    const situation = STARTS[1]?.situation
    if (situation === undefined) throw new Error('no situation')
    const changed = moveNamed(there).apply(design, situation)
    expect(changed && moveNamed(back).apply(changed, situation)).toEqual(design)
  })

  test('what is counted in pixels keeps its share of the side', () => {
    const design = smallData({ imageSize: [28, 28], isLong: true, mirrors: true })
    expect(atSize(design, [56, 56])).toMatchObject({ shift: { pixels: 4 }, cutout: { size: 14 } })
  })
})

test('any sequence of moves gives designs that can be written out, with no constant and no reason that is not used', () => {
  const walk = fc.record({ start: fc.constantFrom(...STARTS), moves: fc.array(fc.constantFrom(...DATA_MOVES), { maxLength: 12 }) })
  fc.assert(
    fc.property(walk, ({ start: { design: first, situation }, moves }) => {
      const last = moves.reduce((design, move) => move.apply(design, situation) ?? design, first)
      const source = renderData(last)
      expect(source).not.toMatch(/undefined|NaN|null|\[object/)
      const constants = [...source.matchAll(/^[A-Z_]+(?= =)/gm)].map(([name]) => name)
      expect(constants.filter((name) => source.split(name).length < 3)).toEqual([])
      expect(Object.keys(last.why).filter((key) => key !== 'imageSize' && !changedKeys(last).includes(key))).toEqual([])
    }),
    { numRuns: 200 },
  )
})

function changedKeys(design: DataDesign): string[] {
  const plain: Readonly<Record<string, unknown>> = plainData(design.imageSize)
  return Object.entries(design).flatMap(([key, value]) => (JSON.stringify(value) === JSON.stringify(plain[key]) ? [] : [key]))
}

describe('the design to start from', () => {
  test('shifts a little in short trainings; further, with a hole, in long ones', () => {
    expect(startingData(makeBrief({ trainCount: 40_000 }))).toMatchObject({
      shift: { pixels: 1, fill: 'zero' },
      mirror: 0.5,
      cutout: null,
    })
    expect(startingData(makeBrief())).toMatchObject({ shift: { pixels: 2 }, cutout: { size: 7, count: 1 } })
  })

  test('takes windows of photos, at the size that the seconds allow', () => {
    const design = startingData(makeBrief({ shape: [112, 92], trainCount: 300, trainSeconds: 10 }))
    expect(design).toMatchObject({ window: { area: 0.5 }, affine: { degrees: 10 }, mirror: 0.5 })
  })

  test('does not mirror what the names say is writing, or may be', () => {
    for (const facts of [{ name: 'digits' }, { classes: [...'0123456789'] }, { classes: ['turn left', 'turn right'] }])
      expect(startingData(makeBrief(facts))).toMatchObject({ mirror: 0, views: { mirror: false } })
  })
})
