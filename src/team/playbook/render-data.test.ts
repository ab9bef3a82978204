import { expect, test } from 'vitest'
import { pythonFindings, runPlaybookProgram } from '../../../tests/support/playbook-python.ts'
import { readWrittenPipeline } from '../../../tests/support/written-pipeline.ts'
import { photoData, plainData, smallData } from './data-design.ts'
import type { DataDesign, Size } from './data-design.ts'
import { fingerprintOf } from './fingerprint.ts'
import { renderData } from './render-data.ts'

const PICTURES = ['grey 28 x 28', 'colour 64 x 64', 'photos of uneven size', 'grey 112 x 92'] as const

type Look = {
  readonly problems: readonly string[]
  readonly batchPrint: string
  readonly inputPrint: string
  readonly viewsPrint: readonly string[]
}

async function lookAt(
  items: readonly { source: string; pictures: (typeof PICTURES)[number]; thorough?: boolean }[],
): Promise<Look[]> {
  return (await runPlaybookProgram('exercise_data', items)) as Look[]
}

/** Everything that a design can say, at once. */
const FULL: DataDesign = {
  ...plainData([64, 64]),
  fit: 'pad',
  window: { area: 0.6, aspect: 1.25 },
  shift: { pixels: 2, fill: 'reflect' },
  mirror: 0.5,
  verticalFlip: 0.5,
  quarterTurns: true,
  affine: { degrees: 10, zoom: 1.15, shear: 5 },
  policy: { operations: ['identity', 'rotate', 'brightness'], strength: 0.5 },
  colour: { brightness: 0.2, contrast: 0.2, saturation: 0.3, hue: 0.03 },
  greyShare: 0.1,
  blur: { share: 0.3, sigma: 0.6 },
  noise: 10,
  normalisation: 'stretch',
  cutout: { size: 8, count: 4 },
  mixup: 0.2,
  cutmix: 0.5,
  sampling: 'sqrt',
  views: { mirror: true, shiftPixels: 2, zooms: [1.125] },
}

const DEFAULTS = [
  ['tiny', 'grey 28 x 28', [28, 28]],
  ['tiny', 'colour 64 x 64', [64, 64]],
  ['scratch', 'photos of uneven size', [64, 80]],
  ['scratch', 'grey 112 x 92', [97, 80]],
] as const

function defaultDesign(name: 'tiny' | 'scratch', imageSize: Size): DataDesign {
  const start = { imageSize, isLong: true, mirrors: true }
  return name === 'tiny' ? smallData(start) : photoData(start)
}

test(
  'the default designs do what the files of the default pipelines do, to the last pixel, and pass the smoke run',
  { timeout: 120_000 },
  async () => {
    const own = DEFAULTS.map(([name, pictures, size]) => ({
      source: renderData(defaultDesign(name, size)),
      pictures,
      thorough: true,
    }))
    const files = await Promise.all(
      DEFAULTS.map(async ([name, pictures, size]) => {
        const { data } = await readWrittenPipeline(name, size)
        return { source: data, pictures }
      }),
    )
    const looks = await lookAt([...own, ...files])
    expect(looks.flatMap(({ problems }) => problems)).toEqual([])
    expect(looks.slice(0, own.length)).toEqual(looks.slice(own.length))
  },
)

test('a design that says everything is clean Python and runs on pictures of every kind', { timeout: 120_000 }, async () => {
  const grey = { ...FULL, greyShare: 0, colour: { brightness: 0.2, contrast: 0, saturation: 0, hue: 0 } }
  const items = PICTURES.map((pictures) => ({
    source: renderData(pictures.startsWith('grey') ? grey : FULL),
    pictures,
    thorough: true,
  }))
  expect((await lookAt(items)).flatMap(({ problems }) => problems)).toEqual([])
  expect(await pythonFindings({ full: renderData(FULL), grey: renderData(grey), plain: renderData(plainData([28, 28])) })).toBe('')
})

test('the default data of small pictures reads as a person would write it', () => {
  expect(renderData(smallData({ imageSize: [28, 28], isLong: true, mirrors: true }))).toMatchInlineSnapshot(`
    """"Data for 28 x 28 px: training pictures are shifted, mirrored and partly covered; predictions are averaged over mirrored views."""

    from improve_harness import ops
    from improve_harness.contract import batched

    IMAGE_SIZE = 28  # px
    SHIFT = 2  # px, the most in each direction; an object is the same one pixel further
    MIRROR = 0.5  # share of mirrored pictures; left and right mean the same here
    CUTOUT = 7  # px, side of a covered square; no single detail may decide


    def train_transform(info):
        def augment(images):
            images = ops.fit(images, IMAGE_SIZE)
            images = ops.random_crop(images, SHIFT, fill="zero")
            images = ops.random_flip(images, MIRROR)
            images = ops.normalize(images, info.mean, info.std)
            return ops.cutout(images, CUTOUT, value=0.0)

        return batched(augment)


    def eval_transform(info):
        return ops.EvalTransform(IMAGE_SIZE, info.mean, info.std)


    def tta(info):
        return [lambda images: images, lambda images: images.flip(-1)]
    "
  `)
})

test('the default data of photos reads as a person would write it', () => {
  const why = { imageSize: 'what 60 s of training can afford', mirror: 'a face seen in a mirror is the same face' }
  expect(renderData({ ...photoData({ imageSize: [97, 80], isLong: false, mirrors: true }), why })).toMatchInlineSnapshot(`
    """"Data for 97 x 80 px: training pictures are cut to a window of their own, mirrored and turned; predictions are averaged over
    mirrored views.
    """

    from improve_harness import ops
    from improve_harness.contract import batched

    IMAGE_SIZE = (97, 80)  # px, height and width; what 60 s of training can afford
    AREA = (0.5, 1.0)  # share of the picture in a training window; smaller ones lose small objects
    ASPECT = (0.8, 1.25)  # width over height of the window, relative to the picture's
    MIRROR = 0.5  # share of mirrored pictures; a face seen in a mirror is the same face
    TURN = 10  # degrees to either side; pictures were not taken from exactly one place


    def train_transform(info):
        def augment(images):
            images = ops.random_resized_crop(images, IMAGE_SIZE, scale=AREA, ratio=ASPECT)
            images = ops.random_flip(images, MIRROR)
            images = ops.random_affine(images, degrees=TURN)
            return ops.normalize(images, info.mean, info.std)

        return batched(augment)


    def eval_transform(info):
        return ops.EvalTransform(IMAGE_SIZE, info.mean, info.std)


    def tta(info):
        return [lambda images: images, lambda images: images.flip(-1)]
    "
  `)
})

test('plain data holds nothing but the size and the values', () => {
  expect(renderData(plainData([32, 48]))).toMatchInlineSnapshot(`
    """"Data for 32 x 48 px: training pictures stay as they are."""

    from improve_harness import ops
    from improve_harness.contract import batched

    IMAGE_SIZE = (32, 48)  # px, height and width


    def train_transform(info):
        def augment(images):
            images = ops.fit(images, IMAGE_SIZE)
            return ops.normalize(images, info.mean, info.std)

        return batched(augment)


    def eval_transform(info):
        return ops.EvalTransform(IMAGE_SIZE, info.mean, info.std)
    "
  `)
})

test('classes, values, mixes and views have a place of their own', () => {
  const views = { mirror: true, shiftPixels: 1, zooms: [] }
  const design = { ...plainData([28, 28]), normalisation: 'per-image', cutmix: 0.5, sampling: 'sqrt', views } as const
  expect(renderData({ ...design, why: { sampling: 'the smallest class has a tenth of the images' } })).toMatchInlineSnapshot(`
    """"Data for 28 x 28 px: training pictures are patched with boxes of others; each picture is standardised on its own; predictions
    are averaged over mirrored and shifted views.
    """

    import math
    from functools import partial

    from improve_harness import ops
    from improve_harness.contract import batched

    IMAGE_SIZE = 28  # px
    CUTMIX = 0.5  # share of pictures that get a box of another; several parts of a picture have to speak for its class
    VIEW_SHIFT = 1  # px, of the views at prediction; what one view gets wrong, others outvote


    def train_transform(info):
        def augment(images):
            images = ops.fit(images, IMAGE_SIZE)
            return ops.standardize(images)

        return batched(augment)


    def eval_transform(info):
        """Each picture loses its own mean and spread; light and contrast do not matter then."""
        return ops.EvalTransform(IMAGE_SIZE, values=ops.standardize)


    def batch_transform(info):
        return lambda images, targets: ops.cutmix(images, targets, info.class_count, CUTMIX)


    def sample_weights(info):
        """Images of small classes are drawn more often, by the square root of the size of the class; the smallest class has a tenth
        of the images.
        """
        return [1 / math.sqrt(max(1, count)) for count in info.class_counts]


    def tta(info):
        views = [lambda images: images]
        corners = [(down, right) for down in (-VIEW_SHIFT, VIEW_SHIFT) for right in (-VIEW_SHIFT, VIEW_SHIFT)]
        views += [partial(ops.shift, down=down, right=right) for down, right in corners]
        return [*views, *(mirrored(view) for view in views)]


    def mirrored(view):
        return lambda images: view(images).flip(-1)
    "
  `)
})

test('a reason that is too long for its line stands above it, and a long list is broken into lines', async () => {
  const why = { mirror: Array(40).fill('long').join(' ') }
  const operations = [
    'identity',
    'rotate',
    'shear',
    'translate',
    'brightness',
    'contrast',
    'saturation',
    'sharpness',
    'posterize',
    'solarize',
  ] as const
  const source = renderData({ ...plainData([28, 28]), mirror: 0.5, policy: { operations, strength: 0.5 }, why })
  expect(source).toMatch(/\n# share of mirrored pictures; long.*\n# .*long\nMIRROR = 0.5\n/)
  expect(source).toMatch(/\n# each training picture gets one;.*\nOPERATIONS = \(\n {4}"identity",\n/)
  expect(await pythonFindings({ source })).toBe('')
}, 60_000)

test('reasons do not change the fingerprint, choices do', () => {
  expect(fingerprintOf({ ...FULL, why: { mirror: 'a reason' } })).toBe(fingerprintOf(FULL))
  expect(fingerprintOf({ ...FULL, noise: 9 })).not.toBe(fingerprintOf(FULL))
})
