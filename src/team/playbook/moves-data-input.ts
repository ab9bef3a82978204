import { atSize } from './data-design.ts'
import type { DataDesign, Size } from './data-design.ts'
import { dataMove } from './moves-data-change.ts'
import type { DataFacts } from './moves-data-change.ts'
import type { Move } from './move.ts'

/** A larger picture is seen this many times less often; fewer passes than this are too few. */
const LEAST_PASSES = 3
const LARGEST_SIDE = 256
const SMALLEST_SIDE = 16
/** Shapes that differ by less than this share are one shape. */
const SAME_ASPECT = 0.12
/** Largest class over smallest from which the small ones are too rarely seen. */
const UNEVEN = { sqrt: 2, balanced: 4 } as const

/** What the model is shown: size and shape, how often which class, and the views of a prediction. */
export const INPUT_MOVES: readonly Move<DataDesign>[] = [
  dataMove({
    name: 'larger-input',
    kind: 'input-size',
    title: 'show pictures a quarter larger, as far as they are stored',
    why: 'small details are lost at a smaller size',
    helps: { confusion: 0.4, underfitting: 0.5, undertrained: -0.3 },
    prior: 0.1,
    reason: 'imageSize',
    change: (design, facts) => {
      const size = scaled(design.imageSize, 1.25)
      const isStored = size[0] <= facts.stored[0] * 1.05 && size[1] <= facts.stored[1] * 1.05
      return !isStored || Math.max(...size) > LARGEST_SIDE || facts.passes / 1.56 < LEAST_PASSES ? null : atSize(design, size)
    },
  }),
  dataMove({
    name: 'enlarged-input',
    kind: 'input-size',
    title: 'show small pictures a quarter larger than they are stored',
    why: 'a net that halves its maps has more room for small strokes',
    helps: { confusion: 0.2, underfitting: 0.4, undertrained: -0.4 },
    prior: -0.1,
    reason: 'imageSize',
    change: (design, { stored, passes, side }) => {
      const isAsStored = Math.abs(design.imageSize[0] - stored[0]) <= 1 && Math.abs(design.imageSize[1] - stored[1]) <= 1
      return !isAsStored || side > 32 || passes / 1.56 < 2 * LEAST_PASSES ? null : atSize(design, scaled(design.imageSize, 1.25))
    },
  }),
  dataMove({
    name: 'smaller-input',
    kind: 'input-size',
    title: 'show pictures a fifth smaller',
    why: 'the seconds then allow half as many passes again',
    helps: { undertrained: 0.3, slow: 0.3, confusion: -0.3, underfitting: -0.2 },
    prior: -0.3,
    reason: 'imageSize',
    change: (design) => {
      const size = scaled(design.imageSize, 0.8)
      return Math.min(...size) < SMALLEST_SIDE ? null : atSize(design, size)
    },
  }),
  dataMove({
    name: 'own-aspect',
    kind: 'input-shape',
    title: 'show pictures in the shape that most of them have',
    why: 'nothing is squeezed, at the same number of pixels',
    helps: { confusion: 0.2 },
    prior: 0.1,
    reason: 'imageSize',
    change: (design, { stored: [height, width] }) => {
      const pixels = design.imageSize[0] * design.imageSize[1]
      const aspect = Math.min(2, Math.max(0.5, height / width))
      const size: Size = [Math.round(Math.sqrt(pixels * aspect)), Math.round(Math.sqrt(pixels / aspect))]
      return differs(design.imageSize, size) ? atSize(design, size) : null
    },
  }),
  dataMove({
    name: 'square',
    kind: 'input-shape',
    title: 'show pictures squeezed into a square of as many pixels',
    why: 'pictures of many shapes get the same room in both directions',
    helps: {},
    prior: -0.1,
    reason: 'imageSize',
    change: (design) => {
      const side = Math.round(Math.sqrt(design.imageSize[0] * design.imageSize[1]))
      return differs(design.imageSize, [side, side]) ? atSize(design, [side, side]) : null
    },
  }),
  dataMove({
    name: 'pad',
    kind: 'input-shape',
    title: 'pad pictures to the shape in place of squeezing them',
    why: 'shapes are not distorted and nothing is cut off',
    helps: { confusion: 0.2, underfitting: -0.1 },
    prior: 0,
    reason: 'fit',
    change: (design, facts) => (design.fit === 'pad' || !isReshaped(design, facts) ? null : { fit: 'pad' }),
  }),
  dataMove({
    name: 'centre-crop',
    kind: 'input-shape',
    title: 'cut the middle out of pictures in place of squeezing them',
    why: 'the object lies in the middle, and it is not distorted',
    helps: { confusion: 0.1 },
    prior: -0.1,
    labelRisk: 'crop',
    reason: 'fit',
    change: (design, facts) => (design.fit === 'crop' || !isReshaped(design, facts) ? null : { fit: 'crop' }),
  }),
  dataMove({
    name: 'squash',
    kind: 'input-shape',
    title: 'squeeze pictures into the shape in place of padding or cutting them',
    why: 'every pixel of the picture is used',
    helps: { underfitting: 0.1 },
    prior: 0,
    reason: null,
    change: (design) => (design.fit === 'squash' ? null : { fit: 'squash' }),
  }),
  dataMove({
    name: 'mirror-views',
    kind: 'view-averaging',
    title: 'average predictions over each picture and its mirror image',
    why: 'two looks err less than one, and training is not touched',
    helps: { plateau: 0.2, confusion: 0.1 },
    prior: 0.2,
    labelRisk: 'mirror',
    reason: 'views',
    change: ({ mirror, views }) => (mirror === 0 || views.mirror ? null : { views: { ...views, mirror: true } }),
  }),
  dataMove({
    name: 'shift-views',
    kind: 'view-averaging',
    title: 'average predictions over five places of each picture',
    why: 'several looks err less than one, and training is not touched',
    helps: { plateau: 0.1 },
    prior: 0.03,
    labelRisk: 'shift',
    reason: 'views',
    change: ({ views }, { side }) =>
      views.shiftPixels > 0 ? null : { views: { ...views, shiftPixels: Math.max(1, Math.round(side / 28)) } },
  }),
  dataMove({
    name: 'zoom-views',
    kind: 'view-averaging',
    title: 'average predictions over each picture and its middle, enlarged by an eighth',
    why: 'a nearer look shows details that the whole does not',
    helps: { plateau: 0.1, confusion: 0.1 },
    prior: 0,
    labelRisk: 'crop',
    reason: 'views',
    change: ({ views }) => (views.zooms.length > 0 ? null : { views: { ...views, zooms: [1.125] } }),
  }),
  dataMove({
    name: 'single-view',
    kind: 'view-averaging',
    title: 'predict from the picture as it is, without further views',
    why: 'a mirrored picture may look like another class, and predictions are faster',
    helps: { confusion: 0.05 },
    prior: -0.2,
    reason: null,
    change: (design) => (isSingle(design) ? null : { views: { mirror: false, shiftPixels: 0, zooms: [] } }),
  }),
  dataMove({
    name: 'sqrt-sampling',
    kind: 'sampling',
    title: 'draw images of small classes more often, by the square root of the class size',
    why: 'small classes are seen too rarely, and a full balance would repeat their few images',
    helps: { imbalance: 0.8, confusion: 0.1 },
    prior: -0.1,
    reason: 'sampling',
    change: ({ sampling }, { imbalance }) => (sampling === 'sqrt' || imbalance < UNEVEN.sqrt ? null : { sampling: 'sqrt' }),
  }),
  dataMove({
    name: 'balanced-sampling',
    kind: 'sampling',
    title: 'draw every class equally often',
    why: 'every class counts the same for the metric',
    helps: { imbalance: 0.6 },
    prior: -0.1,
    reason: 'sampling',
    change: ({ sampling }, { imbalance, isBalancedMetric }) =>
      sampling === 'balanced' || imbalance < UNEVEN.balanced || !isBalancedMetric ? null : { sampling: 'balanced' },
  }),
  dataMove({
    name: 'natural-sampling',
    kind: 'sampling',
    title: 'draw every image equally often again',
    why: 'the few images of small classes are learnt by heart, and large classes count as often as they occur',
    helps: { overfitting: 0.1 },
    prior: 0,
    reason: null,
    change: ({ sampling }) => (sampling === 'none' ? null : { sampling: 'none' }),
  }),
]

function scaled([height, width]: Size, factor: number): Size {
  return [Math.max(1, Math.round(height * factor)), Math.max(1, Math.round(width * factor))]
}

function differs(one: Size, other: Size): boolean {
  return Math.abs(Math.log(one[0] / one[1] / (other[0] / other[1]))) > SAME_ASPECT
}

/** Whether pictures are stored in other shapes than the model sees. */
function isReshaped({ imageSize }: DataDesign, { stored, isUneven }: DataFacts): boolean {
  return isUneven || differs(imageSize, stored)
}

function isSingle({ views }: DataDesign): boolean {
  return !views.mirror && views.shiftPixels === 0 && views.zooms.length === 0
}
