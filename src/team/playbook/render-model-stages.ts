import type { StagedDesign } from './model-design.ts'
import { DEPTHWISE_KERNEL, SQUEEZED_LEAST, SQUEEZE, hiddenWidth } from './model-layers.ts'
import { call, docstring } from './python-text.ts'
import { coordinateFunction, edgeFunction, headDefinitions, stochasticDepthClass, whiteningClass } from './render-model-parts.ts'

const MOST_GROUPS = 8

/** `stage(before, after)`: the layers that widen and halve, then the refining blocks. */
export function stageFunction(design: StagedDesign): string {
  const hasHalve = design.halvings > 0 && design.halvings < design.widths.length
  const hasBlocks = design.blocks.some((count) => count !== design.blocks[0])
  const parameters = ['before', 'after', ...(hasHalve ? ['halve'] : []), ...(hasBlocks ? ['blocks'] : [])]
  return [
    `def stage(${parameters.join(', ')}):`,
    docstring('    ', stageSummary(design)),
    call('    ', 'return nn.Sequential', [...wideningLayers(design, hasHalve), ...refiningLayers(design, hasBlocks)]),
  ].join('\n')
}

/** What a stage is made of, each definition a text of its own; what is used first stands first. */
export function blockDefinitions(design: StagedDesign): string[] {
  const { block, blocks, halving, halvings, hasSqueezeExcitation, stochasticDepth, stem } = design
  const hasRefining = blocks.some((count) => count > 0)
  return [
    ...(hasRefining && block !== 'plain' ? [refineClass(design)] : []),
    ...(hasRefining && block === 'plain' && !isInline(design) ? [refineFunction(design)] : []),
    ...(halving === 'blur' && halvings > 0 ? [blurredPool(design)] : []),
    ...(hasRefining && hasSqueezeExcitation ? [squeezeExcitationClass(design)] : []),
    ...(hasRefining && stochasticDepth > 0 && block !== 'plain' ? [stochasticDepthClass()] : []),
    ...headDefinitions(design),
    ...(stem.isWhitened ? [whiteningClass(design)] : []),
    ...(design.hasEdges ? [edgeFunction(design.why.hasEdges)] : []),
    ...(design.hasCoordinates ? [coordinateFunction(design.why.hasCoordinates)] : []),
  ]
}

/** The largest number of groups up to MOST_GROUPS that divides every width that is normalised. */
export function normGroups(design: StagedDesign): number {
  const { stem, widths, block, blocks } = design
  const refined = widths.filter((_, index) => (blocks[index] ?? 0) > 0)
  const hidden = block === 'plain' || block === 'residual' ? [] : refined.map((width) => hiddenWidth(block, width))
  const normed = [stem.width, ...widths, ...hidden]
  return (
    Array.from({ length: MOST_GROUPS }, (_, index) => MOST_GROUPS - index).find((groups) =>
      normed.every((width) => width % groups === 0),
    ) ?? 1
  )
}

export function normLayer({ norm }: StagedDesign, width: string): string {
  return norm === 'batch' ? `nn.BatchNorm2d(${width})` : `nn.GroupNorm(GROUPS, ${width})`
}

export function activationLayer({ activation }: StagedDesign): string {
  return { relu: 'nn.ReLU()', gelu: 'nn.GELU()', silu: 'nn.SiLU()' }[activation]
}

function stageSummary({ halving, halvings, blocks, block, why }: StagedDesign): string {
  const halves = halvings === 0 ? 'Widens' : 'Widens and halves'
  const refines = blocks.every((count) => count === 0) ? '' : ', then refines at the new size'
  const how = {
    pool: 'the pool stands after the convolution',
    'pool-first': 'the pool stands before the convolution',
    stride: 'the convolution halves by its stride',
    blur: 'the pool blurs',
  }[halving]
  const separable = block === 'inverted' ? '; depthwise and 1 x 1 in the place of a full convolution' : ''
  const reason = why.halving === undefined || halvings === 0 ? '' : `; ${how}: ${why.halving}`
  return `${halves}${refines}${separable}${reason}.`
}

function wideningLayers(design: StagedDesign, hasHalve: boolean): string[] {
  const { halving, halvings, block } = design
  const isStrided = halving === 'stride' && halvings > 0
  const stride = isStrided ? `, stride=${hasHalve ? '2 if halve else 1' : '2'}` : ''
  const convolutions =
    block === 'inverted'
      ? [`nn.Conv2d(before, before, 3${stride}, padding=1, groups=before, bias=False)`, 'nn.Conv2d(before, after, 1, bias=False)']
      : [`nn.Conv2d(before, after, 3${stride}, padding=1, bias=False)`]
  const pool =
    halvings === 0 || isStrided ? [] : [hasHalve ? `${poolLayer(design)} if halve else nn.Identity()` : poolLayer(design)]
  const halved = halving === 'pool-first' ? [...pool, ...convolutions] : [...convolutions, ...pool]
  return [...halved, normLayer(design, 'after'), activationLayer(design)]
}

function poolLayer({ halving, keepsEdge }: StagedDesign): string {
  return halving === 'blur' ? 'blurred_pool()' : `nn.MaxPool2d(2${keepsEdge ? ', ceil_mode=True' : ''})`
}

function refiningLayers(design: StagedDesign, hasBlocks: boolean): string[] {
  const count = design.blocks[0] ?? 0
  const block = design.block === 'plain' ? 'refine(after)' : 'Refine(after)'
  if (hasBlocks) return [`*[${block} for _ in range(blocks)]`]
  if (count === 0) return []
  if (count > 1) return [`*[${block} for _ in range(BLOCKS)]`]
  return isInline(design) ? branchLayers(design, 'after') : [block]
}

/** One plain block a stage is written out in the stage. */
function isInline({ block, blocks }: StagedDesign): boolean {
  return block === 'plain' && blocks.every((count) => count === 1)
}

function refineFunction(design: StagedDesign): string {
  const text = call('    ', 'return nn.Sequential', branchLayers(design, 'width'))
  return ['def refine(width):', text].join('\n')
}

function refineClass(design: StagedDesign): string {
  const { block, why } = design
  const what = {
    plain: '',
    residual: 'Adds a refined view to what it is given',
    bottleneck: 'Adds a refined view that is computed on half the channels',
    inverted: 'Adds a refined view that is computed channel by channel on more channels',
    convnext: 'Adds a refined view: each channel looks around by itself, then the channels are mixed',
  }[block]
  const hidden = {
    plain: [],
    residual: [],
    bottleneck: ['hidden = width // 2'],
    inverted: ['hidden = EXPANSION * width'],
    convnext: ['hidden = EXPANSION * width'],
  }
  return [
    'class Refine(nn.Module):',
    docstring('    ', why.block === undefined ? `${what}.` : `${what}: ${why.block}.`),
    '',
    '    def __init__(self, width):',
    '        super().__init__()',
    ...hidden[block].map((line) => `        ${line}`),
    call('        ', 'self.branch = nn.Sequential', branchLayers(design, 'width')),
    '',
    '    def forward(self, features):',
    '        return features + self.branch(features)',
  ].join('\n')
}

function branchLayers(design: StagedDesign, width: string): string[] {
  const gate = design.hasSqueezeExcitation ? [`SqueezeExcitation(${width})`] : []
  const drop = design.stochasticDepth > 0 && design.block !== 'plain' ? ['StochasticDepth()'] : []
  return [...convolutionLayers(design, width), ...gate, ...drop]
}

function convolutionLayers(design: StagedDesign, width: string): string[] {
  const activation = activationLayer(design)
  const { block } = design
  if (block === 'plain' || block === 'residual')
    return [`nn.Conv2d(${width}, ${width}, 3, padding=1, bias=False)`, normLayer(design, width), activation]
  const [into, back] = [`nn.Conv2d(${width}, hidden, 1, bias=False)`, `nn.Conv2d(hidden, ${width}, 1, bias=False)`]
  const [inner, outer] = [normLayer(design, 'hidden'), normLayer(design, width)]
  if (block === 'bottleneck')
    return [into, inner, activation, 'nn.Conv2d(hidden, hidden, 3, padding=1, bias=False)', inner, activation, back, outer]
  const kernel = DEPTHWISE_KERNEL[block]
  const around = (channels: string) =>
    `nn.Conv2d(${channels}, ${channels}, ${kernel}, padding=${kernel >> 1}, groups=${channels}, bias=False)`
  if (block === 'convnext') return [around(width), outer, into, activation, back]
  return [into, inner, activation, around('hidden'), inner, activation, back, outer]
}

function blurredPool({ keepsEdge }: StagedDesign): string {
  const last = keepsEdge ? 'nn.AvgPool2d(2, ceil_mode=True)' : 'nn.AvgPool2d(2)'
  return [
    'def blurred_pool():',
    docstring(
      '    ',
      'The maximum of 2 x 2 pixels, then two means that blur it as a binomial 3 x 3 filter before every other pixel is dropped.',
      'A picture that is shifted by a pixel then gives nearly the same features (Zhang 2019, arXiv 1904.11486).',
    ),
    call('    ', 'return nn.Sequential', [
      'nn.MaxPool2d(2, stride=1)',
      'nn.AvgPool2d(2, stride=1, padding=1, count_include_pad=False)',
      last,
    ]),
  ].join('\n')
}

function squeezeExcitationClass({ why }: StagedDesign): string {
  const reason = why.hasSqueezeExcitation === undefined ? '' : `: ${why.hasSqueezeExcitation}`
  return `class SqueezeExcitation(nn.Module):
${docstring('    ', `Weighs each channel by what the whole picture shows (Hu et al. 2018, arXiv 1709.01507)${reason}.`)}

    def __init__(self, width):
        super().__init__()
        squeezed = max(${SQUEEZED_LEAST}, width // ${SQUEEZE})
        self.gate = nn.Sequential(nn.Linear(width, squeezed), nn.ReLU(), nn.Linear(squeezed, width), nn.Sigmoid())

    def forward(self, features):
        return features * self.gate(features.mean(dim=(2, 3)))[:, :, None, None]`
}
