import { plainData } from './data-design.ts'
import type { DataDesign } from './data-design.ts'
import { dataMove } from './moves-data-change.ts'
import type { Move } from './move.ts'

/** Many kinds of change at once are weakened or strengthened together; single ones have their own moves. */
const SEVERAL = 2
const WEAKEN = { helps: { undertrained: 0.4, underfitting: 0.5, overfitting: -0.5, slow: 0.1 }, prior: -0.15 } as const
const TASTE = 'pictures at prediction are not changed either, and the passes are few'

type Strength = Exclude<keyof DataDesign, 'imageSize' | 'fit' | 'normalisation' | 'sampling' | 'views' | 'why' | 'mirror'>
const STRENGTHS: readonly Strength[] = [
  'window',
  'shift',
  'verticalFlip',
  'quarterTurns',
  'affine',
  'policy',
  'colour',
  'greyShare',
  'blur',
  'noise',
  'cutout',
  'mixup',
  'cutmix',
]

/** Less and more of what is done already. */
export const STRENGTH_MOVES: readonly Move<DataDesign>[] = [
  dataMove({
    name: 'no-mirror',
    kind: 'weaken',
    title: 'do not mirror pictures, in training or at prediction',
    why: 'mirrored pictures may look like other classes',
    helps: { confusion: 0.2, undertrained: 0.1, underfitting: 0.2, overfitting: -0.5 },
    prior: -0.2,
    reason: null,
    change: ({ mirror, views }) => (mirror === 0 ? null : { mirror: 0, views: { ...views, mirror: false } }),
  }),
  without('shift', 'do not shift training pictures', 'the pictures are centred, at prediction too', ['shift']),
  without('affine', 'do not turn, zoom or shear training pictures', TASTE, ['affine']),
  without('orientation', 'leave training pictures upright', 'most pictures at prediction stand upright', [
    'verticalFlip',
    'quarterTurns',
  ]),
  without(
    'window',
    'train on whole pictures in place of windows',
    'windows lose what decides, and pictures at prediction are whole',
    ['window'],
  ),
  without('colour', 'leave light and colour of training pictures alone', 'colour says something about the class', [
    'colour',
    'greyShare',
  ]),
  without('quality', 'do not blur training pictures or add noise', 'fine details decide', ['blur', 'noise']),
  without('cutout', 'do not cover parts of training pictures', 'covered parts hide what decides, and the passes are few', [
    'cutout',
  ]),
  without('mixing', 'do not mix training pictures', 'mixed pictures need more passes than there are', ['mixup', 'cutmix']),
  without('policy', 'drop the random operation on each training picture', TASTE, ['policy']),
  dataMove({
    name: 'halve',
    kind: 'weaken',
    title: 'halve the strength of all changes of training pictures',
    why: 'fewer passes need weaker changes',
    ...WEAKEN,
    reason: null,
    change: (design) => (active(design).length < SEVERAL ? null : scaledBy(design, 0.5)),
  }),
  dataMove({
    name: 'strengthen',
    kind: 'strengthen',
    title: 'make all changes of training pictures half as strong again',
    why: 'the pictures are learnt by heart in spite of the changes',
    helps: { overfitting: 0.6, undertrained: -0.5, underfitting: -0.6 },
    prior: -0.05,
    reason: null,
    change: (design) => (active(design).length < SEVERAL ? null : scaledBy(design, 1.5)),
  }),
  dataMove({
    name: 'plain',
    kind: 'weaken',
    title: 'train on the pictures as they are, at most mirrored',
    why: 'too little is learnt for changes to help',
    helps: { undertrained: 0.5, underfitting: 0.7, overfitting: -1, slow: 0.2 },
    prior: -0.5,
    reason: null,
    change: (design) => (active(design).length < SEVERAL ? null : off(STRENGTHS)),
  }),
]

function without(name: string, title: string, why: string, keys: readonly Strength[]): Move<DataDesign> {
  const change = (design: DataDesign) => (keys.some((key) => isOn(design[key])) ? off(keys) : null)
  return dataMove({ name: `no-${name}`, kind: 'weaken', title, why, ...WEAKEN, reason: null, change })
}

function off(keys: readonly Strength[]): Partial<DataDesign> {
  const plain = plainData([1, 1])
  return Object.fromEntries(keys.map((key) => [key, plain[key]]))
}

function isOn(value: DataDesign[Strength]): boolean {
  return value !== null && value !== 0 && value !== false
}

function active(design: DataDesign): Strength[] {
  return STRENGTHS.filter((key) => isOn(design[key]))
}

/** What can be more or less of: amounts, not coins. Counts of pixels stay at least 1. */
function scaledBy(design: DataDesign, factor: number): Partial<DataDesign> {
  const { window, shift, affine, policy, colour, blur, cutout } = design
  const pixels = (value: number) => Math.max(1, factor > 1 ? Math.ceil(value * factor) : Math.floor(value * factor))
  const rounded = (value: number) => Number((value * factor).toFixed(3))
  return {
    window: window && { ...window, area: Number(Math.min(0.95, Math.max(0.2, 1 - (1 - window.area) * factor)).toFixed(2)) },
    shift: shift && { ...shift, pixels: pixels(shift.pixels) },
    affine: affine && {
      degrees: rounded(affine.degrees),
      zoom: Number((affine.zoom ** factor).toFixed(3)),
      shear: rounded(affine.shear),
    },
    policy: policy && { ...policy, strength: Math.min(1, rounded(policy.strength)) },
    colour: colour && {
      brightness: rounded(colour.brightness),
      contrast: rounded(colour.contrast),
      saturation: rounded(colour.saturation),
      hue: rounded(colour.hue),
    },
    greyShare: rounded(design.greyShare),
    blur: blur && { ...blur, sigma: Math.max(0.3, rounded(blur.sigma)) },
    noise: rounded(design.noise),
    cutout: cutout && { ...cutout, size: Math.min(pixels(cutout.size), Math.ceil(Math.min(...design.imageSize) / 2)) },
    mixup: rounded(design.mixup),
    cutmix: Math.min(1, rounded(design.cutmix)),
  }
}
