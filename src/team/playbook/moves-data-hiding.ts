import { CUTOUT_SHARE, hole } from './data-design.ts'
import type { DataDesign, PolicyOperation } from './data-design.ts'
import { dataMove } from './moves-data-change.ts'
import type { DataFacts } from './moves-data-change.ts'
import type { Move } from './move.ts'

/** Passes over the training pictures from which a change pays; before, there is nothing learnt by heart that it could undo. */
const ENOUGH = { cutout: 8, cutmix: 12, mixup: 15, policy: 12 } as const
/** Largest share of the side that a covered square may have. */
const MOST_COVERED = 0.45

const PLACES: readonly PolicyOperation[] = ['identity', 'rotate', 'shear', 'translate']
const LIGHTS: readonly PolicyOperation[] = ['brightness', 'contrast', 'sharpness', 'autocontrast']
const COLOURS: readonly PolicyOperation[] = ['saturation', 'posterize', 'solarize']

const square = ({ imageSize }: DataDesign) => hole({ imageSize, isLong: true })
const light = ({ isColour }: DataFacts) => (isColour ? [...LIGHTS, ...COLOURS] : LIGHTS)

/** Parts covered, pictures mixed, one operation of many. */
export const HIDING_MOVES: readonly Move<DataDesign>[] = [
  dataMove({
    name: 'cutout',
    kind: 'occlude',
    title: 'cover a square of a quarter of the side in training pictures',
    why: 'no single detail may decide',
    helps: { overfitting: 0.6, undertrained: -0.5, underfitting: -0.4 },
    prior: 0.2,
    reason: 'cutout',
    change: (design, { passes }) => (design.cutout !== null || passes < ENOUGH.cutout ? null : { cutout: square(design) }),
  }),
  dataMove({
    name: 'cutout-larger',
    kind: 'occlude',
    title: 'cover squares half as large again',
    why: 'small gaps are looked past by now',
    helps: { overfitting: 0.4, undertrained: -0.4, underfitting: -0.3 },
    prior: 0,
    reason: 'cutout',
    change: ({ cutout }, { side }) => {
      if (cutout === null) return null
      const size = Math.max(cutout.size + 1, Math.round(cutout.size * 1.5))
      return size > MOST_COVERED * side ? null : { cutout: { ...cutout, size } }
    },
  }),
  dataMove({
    name: 'holes',
    kind: 'occlude',
    title: 'cover four small squares, an eighth of the side each',
    why: 'several small gaps hide details and leave the shape',
    helps: { overfitting: 0.5, undertrained: -0.3 },
    prior: 0.05,
    reason: 'cutout',
    change: (design, { passes, side }) =>
      (design.cutout?.count ?? 0) > 1 || passes < ENOUGH.cutout
        ? null
        : { cutout: { size: Math.max(1, Math.round((CUTOUT_SHARE / 2) * side)), count: 4 } },
  }),
  dataMove({
    name: 'mixup',
    kind: 'mix',
    title: 'blend each training picture with another, mostly a little (alpha 0.2)',
    why: 'in between two pictures lies in between two answers',
    helps: { overfitting: 0.6, undertrained: -0.6, underfitting: -0.5, confusion: 0.1 },
    prior: 0,
    reason: 'mixup',
    change: ({ mixup }, { passes }) => (mixup > 0 || passes < ENOUGH.mixup ? null : { mixup: 0.2 }),
  }),
  dataMove({
    name: 'cutmix',
    kind: 'mix',
    title: 'paste a box of another picture into half of the training pictures',
    why: 'several parts of a picture have to speak for its class',
    helps: { overfitting: 0.8, undertrained: -0.8, underfitting: -0.6 },
    prior: 0,
    reason: 'cutmix',
    change: ({ cutmix }, { passes }) => (cutmix > 0 || passes < ENOUGH.cutmix ? null : { cutmix: 0.5 }),
  }),
  dataMove({
    name: 'policy-places',
    kind: 'policy',
    title: 'turn, shear or shift each training picture, one of them and by a random amount',
    why: 'many small changes of place, none of them tuned',
    helps: { overfitting: 0.7, undertrained: -0.5, underfitting: -0.4 },
    prior: 0.05,
    labelRisk: 'rotate-15',
    reason: 'policy',
    change: ({ policy }, { passes }) =>
      policy !== null || passes < ENOUGH.policy ? null : { policy: { operations: PLACES, strength: 0.5 } },
  }),
  dataMove({
    name: 'policy-tones',
    kind: 'policy',
    title: 'change light or sharpness of each training picture, one operation and by a random amount',
    why: 'many changes of light, none of them tuned, and every shape stays',
    helps: { overfitting: 0.4, undertrained: -0.3, underfitting: -0.2 },
    prior: 0,
    labelRisk: 'brightness',
    reason: 'policy',
    change: ({ policy }, facts) =>
      policy !== null || facts.passes < ENOUGH.policy
        ? null
        : { policy: { operations: ['identity', ...light(facts)], strength: 0.5 } },
  }),
  dataMove({
    name: 'policy-wide',
    kind: 'policy',
    title: 'change each training picture by one of all operations (TrivialAugment)',
    why: 'the widest choice of changes, none of them tuned',
    helps: { overfitting: 0.8, undertrained: -0.6, underfitting: -0.5 },
    prior: 0,
    labelRisk: 'rotate-15',
    reason: 'policy',
    change: ({ policy }, facts) => {
      const operations = [...PLACES, ...light(facts)]
      if (facts.passes < ENOUGH.policy * 1.5 || policy?.operations.length === operations.length) return null
      return { policy: { operations, strength: 0.5 } }
    },
  }),
]
