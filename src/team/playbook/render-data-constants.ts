import type { DataDesign } from './data-design.ts'
import { call, commentLines, constant } from './python-text.ts'

/** One thing that a design does to training pictures. */
type Part = {
  readonly key: Exclude<keyof DataDesign, 'why'>
  /** After "training pictures are", or null where it is not said. */
  readonly says: string | null
  readonly constants: readonly Constant[]
  /** The reason, where the design gives none. */
  readonly reason: string
}
/** The reason stands at the first constant of a part, after its unit. A list is a tuple, one value a line where it is long. */
type Constant = { readonly name: string; readonly value: string | readonly string[]; readonly unit: string }

/** The lines of the constants, in the order in which pictures meet them. */
export function constantsOf(design: DataDesign): string[] {
  return [sizeLine(design), ...partsOf(design).flatMap((part) => partLines(part, design))]
}

/** What is done to training pictures, as participles: "shifted". */
export function changesOf(design: DataDesign): string[] {
  return partsOf(design).flatMap(({ says }) => (says === null ? [] : [says]))
}

/** A number as Python writes a float. */
export function float(value: number): string {
  const text = String(Number(value.toFixed(4)))
  return Number.isInteger(Number(text)) ? `${text}.0` : text
}

function sizeLine({ imageSize: [height, width], why }: DataDesign): string {
  const value = height === width ? String(height) : `(${height}, ${width})`
  const unit = height === width ? 'px' : 'px, height and width'
  return constant('IMAGE_SIZE', value, joined(unit, why.imageSize ?? ''))
}

function partLines({ key, constants, reason }: Part, { why }: DataDesign): string[] {
  return constants.map(({ name, value, unit }, index) => {
    const comment = index === 0 ? joined(unit, why[key] ?? reason) : unit
    return typeof value === 'string'
      ? constant(name, value, comment)
      : [...commentLines('', comment), call('', `${name} = `, value)].join('\n')
  })
}

function joined(unit: string, reason: string): string {
  const clean = reason.replaceAll(/\s+/g, ' ').trim()
  return clean === '' ? unit : `${unit}; ${clean}`
}

function partsOf(design: DataDesign): Part[] {
  return [...placeParts(design), ...toneParts(design), ...hidingParts(design), ...viewParts(design)]
}

function placeParts(design: DataDesign): Part[] {
  const { fit, window, shift, mirror, verticalFlip, affine, quarterTurns } = design
  const parts: Part[] = []
  if (fit !== 'squash') {
    const unit = fit === 'pad' ? 'edges are repeated until the shape fits' : 'the middle, as large as fits'
    parts.push({
      key: 'fit',
      says: null,
      constants: [{ name: 'FIT', value: `"${fit}"`, unit }],
      reason: 'shapes are not distorted',
    })
  }
  if (window !== null) {
    const aspect = `(${float(1 / window.aspect)}, ${float(window.aspect)})`
    const constants = [
      { name: 'AREA', value: `(${float(window.area)}, 1.0)`, unit: 'share of the picture in a training window' },
      { name: 'ASPECT', value: aspect, unit: "width over height of the window, relative to the picture's" },
    ]
    parts.push({ key: 'window', says: 'cut to a window of their own', constants, reason: 'smaller ones lose small objects' })
  }
  if (shift !== null) {
    const constants = [{ name: 'SHIFT', value: String(shift.pixels), unit: 'px, the most in each direction' }]
    parts.push({ key: 'shift', says: 'shifted', constants, reason: 'an object is the same one pixel further' })
  }
  if (mirror > 0) {
    const constants = [{ name: 'MIRROR', value: float(mirror), unit: 'share of mirrored pictures' }]
    parts.push({ key: 'mirror', says: 'mirrored', constants, reason: 'left and right mean the same here' })
  }
  if (verticalFlip > 0) {
    const constants = [{ name: 'FLIP', value: float(verticalFlip), unit: 'share of pictures flipped top to bottom' }]
    parts.push({ key: 'verticalFlip', says: 'flipped top to bottom', constants, reason: 'up and down mean the same here' })
  }
  if (quarterTurns) parts.push({ key: 'quarterTurns', says: 'turned by quarters', constants: [], reason: '' })
  if (affine !== null) parts.push(affinePart(affine))
  return parts
}

function affinePart({ degrees, zoom, shear }: NonNullable<DataDesign['affine']>): Part {
  const done = [...(degrees > 0 ? ['turned'] : []), ...(zoom > 1 ? ['zoomed'] : []), ...(shear > 0 ? ['sheared'] : [])]
  const constants = [
    ...(degrees > 0 ? [{ name: 'TURN', value: String(degrees), unit: 'degrees to either side' }] : []),
    ...(zoom > 1
      ? [{ name: 'ZOOM', value: `(${float(1 / zoom)}, ${float(zoom)})`, unit: 'factor of the size of what is seen' }]
      : []),
    ...(shear > 0 ? [{ name: 'SHEAR', value: String(shear), unit: 'degrees to either side' }] : []),
  ]
  return { key: 'affine', says: done.join(', '), constants, reason: 'pictures were not taken from exactly one place' }
}

function toneParts({ policy, colour, greyShare, blur, noise }: DataDesign): Part[] {
  const parts: Part[] = []
  if (policy !== null) {
    const names = policy.operations.map((name) => `"${name}"`)
    const constants = [
      { name: 'OPERATIONS', value: names, unit: 'each training picture gets one' },
      { name: 'STRENGTH', value: float(policy.strength), unit: 'of what they can do, 0..1; each picture draws how much' },
    ]
    parts.push({
      key: 'policy',
      says: 'each changed by one operation',
      constants,
      reason: 'many small changes, none of them tuned',
    })
  }
  if (colour !== null) parts.push(colourPart(colour))
  if (greyShare > 0) {
    const constants = [{ name: 'GREY', value: float(greyShare), unit: 'share of pictures without colour' }]
    parts.push({ key: 'greyShare', says: 'now and then without colour', constants, reason: 'shape has to do as well' })
  }
  if (blur !== null) {
    const constants = [
      { name: 'BLUR', value: float(blur.sigma), unit: 'px, the widest Gaussian' },
      { name: 'BLURRED', value: float(blur.share), unit: 'share of blurred pictures' },
    ]
    parts.push({ key: 'blur', says: 'blurred', constants, reason: 'focus differs from picture to picture' })
  }
  if (noise > 0) {
    const constants = [{ name: 'NOISE', value: float(noise), unit: 'of 255, the largest standard deviation of the noise' }]
    parts.push({ key: 'noise', says: 'made noisy', constants, reason: 'single pixels say nothing' })
  }
  return parts
}

function colourPart({ brightness, contrast, saturation, hue }: NonNullable<DataDesign['colour']>): Part {
  const constants = [
    ...(brightness > 0 ? [{ name: 'BRIGHTNESS', value: float(brightness), unit: 'by a factor of 1 ± this' }] : []),
    ...(contrast > 0 ? [{ name: 'CONTRAST', value: float(contrast), unit: 'by a factor of 1 ± this, about the mean' }] : []),
    ...(saturation > 0 ? [{ name: 'SATURATION', value: float(saturation), unit: 'by a factor of 1 ± this' }] : []),
    ...(hue > 0 ? [{ name: 'HUE', value: float(hue), unit: 'share of the circle of colours, to either side' }] : []),
  ]
  const what = [...(brightness > 0 || contrast > 0 ? ['light'] : []), ...(saturation > 0 || hue > 0 ? ['colour'] : [])]
  return { key: 'colour', says: `varied in ${what.join(' and ')}`, constants, reason: 'light differs more than the objects do' }
}

function hidingParts({ cutout, mixup, cutmix }: DataDesign): Part[] {
  const parts: Part[] = []
  if (cutout !== null) {
    const count = cutout.count > 1 ? [{ name: 'HOLES', value: String(cutout.count), unit: 'squares a picture' }] : []
    const constants = [{ name: 'CUTOUT', value: String(cutout.size), unit: 'px, side of a covered square' }, ...count]
    parts.push({ key: 'cutout', says: 'partly covered', constants, reason: 'no single detail may decide' })
  }
  if (mixup > 0) {
    const constants = [{ name: 'MIXUP', value: float(mixup), unit: 'alpha of the Beta distribution of the blend' }]
    parts.push({
      key: 'mixup',
      says: 'blended with others',
      constants,
      reason: 'in between two pictures lies in between two answers',
    })
  }
  if (cutmix > 0) {
    const constants = [{ name: 'CUTMIX', value: float(cutmix), unit: 'share of pictures that get a box of another' }]
    parts.push({
      key: 'cutmix',
      says: 'patched with boxes of others',
      constants,
      reason: 'several parts of a picture have to speak for its class',
    })
  }
  return parts
}

function viewParts({ views: { shiftPixels, zooms } }: DataDesign): Part[] {
  const constants = [
    ...(shiftPixels > 0 ? [{ name: 'VIEW_SHIFT', value: String(shiftPixels), unit: 'px, of the views at prediction' }] : []),
    ...(zooms.length > 0
      ? [{ name: 'VIEW_ZOOMS', value: `(${zooms.map(float).join(', ')},)`, unit: 'factors of the views at prediction' }]
      : []),
  ]
  return constants.length === 0 ? [] : [{ key: 'views', says: null, constants, reason: 'what one view gets wrong, others outvote' }]
}
