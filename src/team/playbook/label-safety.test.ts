import { describe, expect, test } from 'vitest'
import { makeBrief, makeEvidence } from '../../../tests/support/brief.ts'
import type { Probe, ProbeName } from '../../core/evaluation.ts'
import { plainData } from './data-design.ts'
import type { DataDesign } from './data-design.ts'
import { checkChange, checkLabelSafety } from './label-safety.ts'

const memo = (design: DataDesign) => ({ author: 'playbook', component: 'data', design, lineage: [] })
const PLAIN = memo(plainData([28, 28]))

function ask(change: ProbeName, probe: Partial<Probe>, facts: Parameters<typeof makeBrief>[0] = {}, data: unknown = PLAIN) {
  return checkLabelSafety({ labelRisk: change }, makeEvidence(makeBrief({ channels: 3, ...facts }), data, { [change]: probe }))
}

describe('the probe', () => {
  test('refuses a change after which most pictures are surely something else', () => {
    expect(ask('mirror', { right: 31, confidence: 0.93 })).toEqual({
      verdict: 'refused',
      finding:
        'mirrored dev pictures: 31 of 120 still right, 112 before the change, wrong ones with confidence 0.93: mirroring would change what a picture means here',
    })
  })

  test('calls a change safe after which nearly all are still right', () => {
    expect(ask('grey', { right: 108, confidence: 0.9 })).toEqual({
      verdict: 'safe',
      finding:
        'greyed dev pictures: 108 of 120 still right, 112 before the change, wrong ones with confidence 0.90: taking the colour out leaves what a picture means alone',
    })
  })

  test.each([
    ['many wrong, hesitating', { right: 40, confidence: 0.3 }, 'doubtful'],
    ['some wrong, surely', { right: 70, confidence: 0.6 }, 'doubtful'],
    ['some wrong, hesitating', { right: 70, confidence: 0.3 }, 'safe'],
    ['a few wrong, surely', { right: 90, confidence: 0.9 }, 'safe'],
  ] as const)('weighs how many became wrong and how surely: %s', (_, probe, verdict) => {
    expect(ask('rotate-90', probe).verdict).toBe(verdict)
  })

  test.each(['hue', 'shift', 'brightness', 'blur', 'rotate-15'] as const)(
    'does not refuse %s, which it changes more than any move does',
    (change) => {
      expect(ask(change, { right: 10, confidence: 0.95 }).verdict).toBe('doubtful')
    },
  )

  test('says nothing about what the best data.py does already', () => {
    const mirrored = memo({ ...plainData([28, 28]), mirror: 0.5 })
    expect(ask('mirror', { right: 112 }, {}, mirrored)).toEqual({
      verdict: 'unknown',
      finding:
        'the best data.py trains with mirroring already, so the probe says nothing about it; the names say nothing against it',
    })
    expect(ask('flip-vertical', { right: 112 }, {}, mirrored).verdict).toBe('safe')
  })

  test.each([
    ['few pictures', { n: 12, right: 11 }],
    ['a model that knows too little', { n: 1200, right: 300 }],
  ])('is not asked with %s', (_, probe) => {
    const evidence = makeEvidence(makeBrief(), PLAIN, { mirror: probe })
    const dev = evidence.best.dev && { ...evidence.best.dev, right: 30 }
    const weak = { ...evidence, best: { ...evidence.best, dev } }
    expect(checkLabelSafety({ labelRisk: 'mirror' }, weak).verdict).toBe('unknown')
  })

  test('is missed where none was made', () => {
    const evidence = makeEvidence(makeBrief(), PLAIN, null)
    expect(checkLabelSafety({ labelRisk: 'shift' }, evidence).finding).toContain('no probe of shifting can tell')
  })
})

test.each([
  ['digits of 8 px, 305 of 315 right', 315, 305, 'mirror', { right: 89, confidence: 0.48 }, 'refused'],
  ['digits of 8 px', 315, 305, 'rotate-15', { right: 251, confidence: 0.46 }, 'safe'],
  ['clothes of 28 px, 1,604 of 1,750 right', 1750, 1604, 'flip-vertical', { right: 576, confidence: 0.52 }, 'refused'],
  ['clothes of 28 px', 1750, 1604, 'rotate-90', { right: 172, confidence: 0.65 }, 'refused'],
  ['clothes of 28 px', 1750, 1604, 'shift', { right: 983, confidence: 0.32 }, 'safe'],
  ['clothes of 28 px', 1750, 1604, 'crop', { right: 1096, confidence: 0.57 }, 'doubtful'],
  ['clothes of 28 px', 1750, 1604, 'brightness', { right: 1552, confidence: 0.54 }, 'safe'],
] as const)('what trained models said of real pictures: %s', (_, n, right, change, probe, verdict) => {
  const evidence = makeEvidence(makeBrief(), PLAIN, { [change]: { n, ...probe } })
  const dev = evidence.best.dev && { ...evidence.best.dev, n, right }
  expect(checkLabelSafety({ labelRisk: change }, { ...evidence, best: { ...evidence.best, dev } }).verdict).toBe(verdict)
})

describe('the names', () => {
  test.each([
    ['mirror', { classes: ['turn left', 'turn right'] }, 'classes are told apart by "left" and "right"'],
    ['mirror', { classes: ['arrowClockwise', 'arrowCounterclockwise'] }, '"clockwise" and "counterclockwise"'],
    ['flip-vertical', { classes: ['thumb_up', 'thumb_down'] }, '"up" and "down"'],
    ['rotate-90', { classes: ['horizontal', 'vertical'] }, '"horizontal" and "vertical"'],
    ['mirror', { name: 'digits' }, 'the names speak of "digits"'],
    ['mirror', { about: 'Scans of letters' }, 'the names speak of "letters"'],
    ['rotate-90', { classes: [...'abcdefghijkl'] }, 'the classes are letters'],
    ['mirror', { classes: ['one', 'two', 'three', 'four', 'five'] }, 'the classes are digits'],
    ['hue', { classes: ['red rose', 'yellow rose'] }, 'told apart by the colour: "red" and "yellow"'],
    ['grey', { classes: ['ripe', 'unripe'] }, '"ripe" and "unripe"'],
    ['brightness', { classes: ['day', 'night'] }, '"day" and "night"'],
  ] as const)('refuse %s whatever the probe says: %o', (change, facts, finding) => {
    const answer = ask(change, { right: 112 }, { ...facts })
    expect(answer.verdict).toBe('refused')
    expect(answer.finding).toContain(finding)
  })

  test.each([
    ['mirror', ['right whale', 'blue whale']],
    ['hue', ['red panda', 'giant panda']],
    ['flip-vertical', ['top', 'trouser', 'dress']],
    ['rotate-15', ['turn left', 'turn right']],
    ['mirror', ['0', '1', '2', '3', '4']],
  ] as const)('do not refuse %s for %o', (change, classes) => {
    expect(ask(change, { right: 111 }, { classes }).verdict).toBe('safe')
  })

  test('0 to 9 may be digits: the probe decides, and is believed sooner', () => {
    const classes = [...'0123456789']
    expect(ask('mirror', { right: 70, confidence: 0.6 }, { classes }).verdict).toBe('refused')
    expect(ask('mirror', { right: 90, confidence: 0.6 }, { classes }).verdict).toBe('doubtful')
    expect(ask('mirror', { right: 110 }, { classes }).verdict).toBe('safe')
    expect(ask('shift', { right: 110 }, { classes }).verdict).toBe('safe')
  })

  test('are all there is before anything was trained', () => {
    expect(checkChange('mirror', { brief: makeBrief(), evidence: null })).toEqual({
      verdict: 'unknown',
      finding: 'the names say nothing against it, and mirroring was not tried on a trained model yet',
    })
    expect(checkChange('mirror', { brief: makeBrief({ classes: [...'0123456789'] }), evidence: null }).verdict).toBe('doubtful')
    expect(checkChange('mirror', { brief: makeBrief({ name: 'digits' }), evidence: null }).verdict).toBe('refused')
  })
})

test('a move that leaves the pictures as they are is safe', () => {
  expect(checkLabelSafety({ labelRisk: null }, makeEvidence(makeBrief(), PLAIN)).verdict).toBe('safe')
})
