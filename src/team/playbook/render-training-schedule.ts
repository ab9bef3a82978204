import { fraction, NOTHING, number } from './render-training-text.ts'
import type { Constant, Part } from './render-training-text.ts'
import type { Schedule, TrainingDesign } from './training-design.ts'

type Shape = {
  readonly says: string
  readonly docstring: string
  readonly constants: readonly Constant[]
  /** Statements after the warm-up, in which `left` falls from 1 to 0. */
  readonly body: readonly string[]
  readonly usesMath: boolean
}

/** The function from progress to a share of the peak rate, under the name that `scheduleName` gives. */
export function renderSchedule(design: TrainingDesign): Part {
  const { schedule, why } = design
  const shape = shapeOf(schedule)
  const rise = schedule.warmUp > 0
  const reason = why.schedule === undefined ? '' : `; ${why.schedule}`
  const warmUp = { name: 'WARM_UP', value: number(schedule.warmUp), comment: 'share of the steps with a rising rate' }
  const constants = rise ? [warmUp, ...shape.constants] : shape.constants
  const [first, ...others] = constants
  return {
    ...NOTHING,
    says: [shape.says],
    imports: shape.usesMath ? ['import math'] : [],
    constants: first === undefined ? [] : [{ ...first, comment: first.comment + reason }, ...others],
    definitions: [
      [
        `def ${scheduleName(schedule)}(progress):`,
        `    """${rise ? `Rises over WARM_UP, then ${shape.docstring}` : capital(shape.docstring)}."""`,
        ...(rise ? warmUpLines(schedule) : []),
        ...shape.body.map((line) => `    ${line}`),
      ].join('\n'),
    ],
  }
}

const NAMES = {
  constant: 'constant',
  steps: 'staircase',
  triangle: 'triangle',
  cosine: 'cosine',
  'one-cycle': 'one_cycle',
  'stable-decay': 'trapezoid',
  restarts: 'restarts',
} as const

export function scheduleName({ shape }: Schedule): string {
  return NAMES[shape]
}

function warmUpLines({ shape }: Schedule): string[] {
  const risen = shape === 'one-cycle' ? '(1 - math.cos(math.pi * progress / WARM_UP)) / 2' : 'progress / WARM_UP'
  return ['    if progress < WARM_UP:', `        return ${risen}`]
}

function shapeOf(schedule: Schedule): Shape {
  switch (schedule.shape) {
    case 'constant':
      return {
        says: schedule.warmUp > 0 ? 'a rate that rises and stays' : 'a constant learning rate',
        docstring: 'stays the same',
        constants: [],
        body: ['return 1.0'],
        usesMath: false,
      }
    case 'steps':
      return stairs(schedule.at, schedule.factor)
    case 'stable-decay':
      return trapezoid(schedule.decay, schedule.final)
    case 'restarts':
      return restarts(schedule.cycles, leftOf(schedule))
    default:
      return falling(schedule)
  }
}

const FALLS = { triangle: 'a triangular learning rate', cosine: 'a cosine schedule', 'one-cycle': 'a smooth one-cycle rate' }

function falling(schedule: Extract<Schedule, { shape: keyof typeof FALLS }>): Shape {
  const left = leftOf(schedule)
  const isStraight = schedule.shape === 'triangle'
  const share = isStraight ? left : `(1 - math.cos(math.pi * ${left})) / 2`
  const isPlain = schedule.final === 0
  return {
    says: FALLS[schedule.shape],
    docstring: `falls ${isStraight ? 'in a straight line' : 'as half a cosine'} to ${isPlain ? 'zero' : 'FINAL_RATE'}`,
    constants: finalConstants(schedule.final),
    body: [`return ${isPlain ? share.replace(/^\(1 - progress\)$/, '1 - progress') : `FINAL_RATE + (1 - FINAL_RATE) * ${share}`}`],
    usesMath: !isStraight,
  }
}

function stairs(at: readonly number[], factor: number): Shape {
  return {
    says: 'a rate that falls in steps',
    docstring: 'times DROP at each of DROPS_AT',
    constants: [
      { name: 'DROPS_AT', value: `(${at.map(number).join(', ')}${at.length === 1 ? ',' : ''})`, comment: 'shares of the steps' },
      { name: 'DROP', value: number(factor), comment: 'of the rate before' },
    ],
    body: ['return DROP ** sum(progress >= share for share in DROPS_AT)'],
    usesMath: false,
  }
}

function trapezoid(decay: number, final: number): Shape {
  const share = `min(1.0, (1 - progress) / FALL)`
  return {
    says: 'a rate that stays at its peak until the last part',
    docstring: `stays, then falls over FALL to ${final > 0 ? 'FINAL_RATE' : 'zero'}`,
    constants: [
      { name: 'FALL', value: number(decay), comment: 'share of the steps with a falling rate' },
      ...finalConstants(final),
    ],
    body: [`return ${final > 0 ? `FINAL_RATE + (1 - FINAL_RATE) * ${share}` : share}`],
    usesMath: false,
  }
}

function restarts(cycles: number, left: string): Shape {
  return {
    says: 'a cosine schedule with restarts',
    docstring: 'falls to zero as half a cosine, CYCLES times over',
    constants: [{ name: 'CYCLES', value: number(cycles), comment: 'falls of the rate' }],
    body: [`left = ${left} * CYCLES % 1  # of this fall`, 'return (1 - math.cos(math.pi * left)) / 2'],
    usesMath: true,
  }
}

function finalConstants(final: number): Constant[] {
  return final > 0 ? [{ name: 'FINAL_RATE', value: fraction(final), comment: 'share of the peak rate at the end' }] : []
}

/** Expression that falls from 1 to 0 over what follows the warm-up. */
function leftOf({ warmUp }: Schedule): string {
  return warmUp > 0 ? '(1 - progress) / (1 - WARM_UP)' : '(1 - progress)'
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
