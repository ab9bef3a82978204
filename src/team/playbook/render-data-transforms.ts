import type { DataDesign } from './data-design.ts'
import { call, docstring } from './python-text.ts'

const INNER = ' '.repeat(8)

/** `train_transform`: one operation a line, in the order in which pictures meet them. */
export function trainTransform(design: DataDesign): string {
  const operations = [...sizing(design), ...placing(design), ...toning(design), values(design), ...covering(design)]
  const last = operations.at(-1) ?? ''
  const lines = operations.slice(0, -1).map((operation) => `${INNER}images = ${operation}`)
  return [
    'def train_transform(info):',
    '    def augment(images):',
    ...lines,
    `${INNER}return ${last}`,
    '',
    '    return batched(augment)',
  ].join('\n')
}

const VALUES = { 'per-image': 'ops.standardize', stretch: 'ops.stretch' } as const
const VALUES_SAY = {
  'per-image': 'each picture loses its own mean and spread',
  stretch: 'each picture runs from its darkest to its lightest',
} as const
const VALUES_REASON = 'light and contrast do not matter then'

/** `eval_transform`, with the reason for values that are not normalised as usual. */
export function evalTransform({ fit, normalisation, why }: DataDesign): string {
  const how = fit === 'squash' ? [] : ['how=FIT']
  if (normalisation === 'dataset')
    return [
      'def eval_transform(info):',
      call('    ', 'return ops.EvalTransform', ['IMAGE_SIZE', 'info.mean', 'info.std', ...how]),
    ].join('\n')
  const args = ['IMAGE_SIZE', ...how, `values=${VALUES[normalisation]}`]
  return [
    'def eval_transform(info):',
    docstring('    ', sentence(VALUES_SAY[normalisation], why.normalisation ?? VALUES_REASON)),
    call('    ', 'return ops.EvalTransform', args),
  ].join('\n')
}

/** Clauses as a sentence. */
export function sentence(...clauses: readonly (string | undefined)[]): string {
  const text = clauses.flatMap((clause) => clause?.replaceAll(/\s+/g, ' ').trim() ?? []).join('; ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function sizing({ window, fit }: DataDesign): string[] {
  if (window !== null) return ['ops.random_resized_crop(images, IMAGE_SIZE, scale=AREA, ratio=ASPECT)']
  return [fit === 'squash' ? 'ops.fit(images, IMAGE_SIZE)' : 'ops.fit(images, IMAGE_SIZE, FIT)']
}

function placing({ shift, mirror, verticalFlip, quarterTurns, affine, why }: DataDesign): string[] {
  const amounts =
    affine === null
      ? []
      : [
          ...(affine.degrees > 0 ? ['degrees=TURN'] : []),
          ...(affine.zoom > 1 ? ['scale=ZOOM'] : []),
          ...(affine.shear > 0 ? ['shear=SHEAR'] : []),
        ]
  return [
    ...(shift === null ? [] : [`ops.random_crop(images, SHIFT, fill="${shift.fill}")`]),
    ...(mirror > 0 ? ['ops.random_flip(images, MIRROR)'] : []),
    ...(verticalFlip > 0 ? ['ops.random_flip_vertical(images, FLIP)'] : []),
    ...(quarterTurns ? [`ops.random_quarter_turns(images)  # ${why.quarterTurns ?? 'no side is up here'}`] : []),
    ...(amounts.length > 0 ? [`ops.random_affine(images, ${amounts.join(', ')})`] : []),
  ]
}

function toning({ policy, colour, greyShare, blur, noise }: DataDesign): string[] {
  return [
    ...(policy === null ? [] : ['ops.trivial_augment(images, OPERATIONS, STRENGTH)']),
    ...(colour === null ? [] : [jitter(colour)]),
    ...(greyShare > 0 ? ['ops.random_gray(images, GREY)'] : []),
    ...(blur === null ? [] : ['ops.random_blur(images, BLUR, BLURRED)']),
    ...(noise > 0 ? ['ops.random_noise(images, NOISE)'] : []),
  ]
}

function jitter(colour: NonNullable<DataDesign['colour']>): string {
  const names = (['brightness', 'contrast', 'saturation', 'hue'] as const).filter((name) => colour[name] > 0)
  return `ops.color_jitter(images, ${names.map((name) => `${name}=${name.toUpperCase()}`).join(', ')})`
}

function values({ normalisation }: DataDesign): string {
  return normalisation === 'dataset' ? 'ops.normalize(images, info.mean, info.std)' : `${VALUES[normalisation]}(images)`
}

/** 0 is the mean after normalisation. */
function covering({ cutout }: DataDesign): string[] {
  if (cutout === null) return []
  return [`ops.cutout(images, CUTOUT, value=0.0${cutout.count > 1 ? ', count=HOLES' : ''})`]
}
