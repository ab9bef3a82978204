import type { DataDesign } from './data-design.ts'
import { docstring } from './python-text.ts'
import { sentence } from './render-data-transforms.ts'

/** `tta` and its helper, where predictions are averaged over several views. */
export function renderViews({ views, why }: DataDesign): {
  readonly definitions: readonly string[]
  readonly usesPartial: boolean
} {
  const { mirror, shiftPixels, zooms } = views
  const extra = [
    ...(shiftPixels > 0 ? shiftLines() : []),
    ...(zooms.length > 0 ? ['    views += [partial(ops.zoom, factor=factor) for factor in VIEW_ZOOMS]'] : []),
  ]
  if (extra.length === 0) return { definitions: mirror ? [mirrorOnly(why.views)] : [], usesPartial: false }
  const last = mirror ? '    return [*views, *(mirrored(view) for view in views)]' : '    return views'
  const tta = ['def tta(info):', '    views = [lambda images: images]', ...extra, last].join('\n')
  return { definitions: mirror ? [tta, MIRRORED] : [tta], usesPartial: true }
}

/** `batch_transform`, where pictures of a batch are mixed. */
export function batchTransform({ mixup, cutmix }: DataDesign): string[] {
  const mix = 'ops.mixup(images, targets, info.class_count, MIXUP)'
  const cut = 'ops.cutmix(images, targets, info.class_count, CUTMIX)'
  if (mixup > 0 && cutmix > 0) {
    const inner = [
      '    def mix(images, targets):',
      `        images, targets = ${mix}`,
      `        return ${cut}`,
      '',
      '    return mix',
    ]
    return [['def batch_transform(info):', ...inner].join('\n')]
  }
  if (mixup === 0 && cutmix === 0) return []
  return [`def batch_transform(info):\n    return lambda images, targets: ${mixup > 0 ? mix : cut}`]
}

const SAMPLING = {
  sqrt: 'images of small classes are drawn more often, by the square root of the size of the class',
  balanced: 'every class is drawn equally often',
} as const

/** `sample_weights`, where classes are not drawn as often as they occur. */
export function sampleWeights({ sampling, why }: DataDesign): string[] {
  if (sampling === 'none') return []
  const weight = sampling === 'sqrt' ? '1 / math.sqrt(max(1, count))' : '1 / max(1, count)'
  const says = docstring('    ', sentence(SAMPLING[sampling], why.sampling))
  return [['def sample_weights(info):', says, `    return [${weight} for count in info.class_counts]`].join('\n')]
}

const MIRRORED = ['def mirrored(view):', '    return lambda images: view(images).flip(-1)'].join('\n')

function mirrorOnly(why: string | undefined): string {
  const says = why === undefined ? [] : [docstring('    ', sentence(why))]
  return ['def tta(info):', ...says, '    return [lambda images: images, lambda images: images.flip(-1)]'].join('\n')
}

function shiftLines(): string[] {
  return [
    '    corners = [(down, right) for down in (-VIEW_SHIFT, VIEW_SHIFT) for right in (-VIEW_SHIFT, VIEW_SHIFT)]',
    '    views += [partial(ops.shift, down=down, right=right) for down, right in corners]',
  ]
}
