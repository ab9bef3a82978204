import type { ModelDesign, Size, StagedDesign, TutorialDesign } from './model-design.ts'

/** `multiplyAdds` of a forward pass on one picture, convolutions and linear layers; `parameters` as torch counts them. */
export type Cost = { readonly multiplyAdds: number; readonly parameters: number }

/** `written`: numbers that it writes for one picture, which take time apart from multiplying: norms, activations, memory. */
export type Layer = Cost & { readonly written: number; readonly isDepthwise: boolean }

const NOTHING: Layer = { multiplyAdds: 0, parameters: 0, written: 0, isDepthwise: false }

/** Hidden channels of a bottleneck as a share of the block's. */
export const BOTTLENECK = 1 / 2
/** Hidden channels of the other narrow-wide-narrow blocks as a multiple of the block's. */
export const EXPANSION = { inverted: 3, convnext: 2 } as const
/** Sides of the kernels of depthwise convolutions in pixels. */
export const DEPTHWISE_KERNEL = { inverted: 3, convnext: 5 } as const
/** Squeeze-and-excitation squeezes the channels by this factor, but to no fewer than SQUEEZED_LEAST. */
export const SQUEEZE = 4
export const SQUEEZED_LEAST = 8
/** Channels that inputs of fixed features add. */
export const COORDINATE_CHANNELS = 2
export const EDGE_CHANNELS = 3

/** Every layer of a design that has weights or multiplies, on pictures of `channels` channels and `size` pixels. */
export function layersOf(design: ModelDesign, channels: number, size: Size, classes: number): Layer[] {
  return design.family === 'tutorial'
    ? tutorialLayers(design, channels, size, classes)
    : stagedLayers(design, channels, size, classes)
}

/** Channels that the stem sees. */
export function seenChannels(design: StagedDesign, channels: number): number {
  return channels + (design.hasCoordinates ? COORDINATE_CHANNELS : 0) + (design.hasEdges ? EDGE_CHANNELS : 0)
}

/** Features that enter the head. */
export function pooledFeatures({ widths, isMultiScale, pooling }: StagedDesign): number {
  const scales = widths.slice(isMultiScale ? -2 : -1).reduce((total, width) => total + width, 0)
  return scales * (pooling === 'both' ? 2 : 1)
}

/** Zero pixels on each side of the stem's input. */
export function stemPadding({ stem }: StagedDesign): number {
  return (stem.kernel - stem.stride + 1) >> 1
}

/** Height and width after the stem and after each stage. */
export function sizesOf(design: StagedDesign, size: Size): Size[] {
  const { kernel, stride } = design.stem
  const first = mapSides(size, (side) => Math.floor((side + 2 * stemPadding(design) - kernel) / stride) + 1)
  const sizes: Size[] = [first]
  for (let index = 0; index < design.widths.length; index++) {
    const before = sizes[index] ?? first
    sizes.push(index < design.halvings ? mapSides(before, (side) => halved(side, design)) : before)
  }
  return sizes
}

function halved(side: number, { halving, keepsEdge }: StagedDesign): number {
  return halving === 'stride' || keepsEdge ? Math.ceil(side / 2) : Math.floor(side / 2)
}

function stagedLayers(design: StagedDesign, channels: number, size: Size, classes: number): Layer[] {
  const sizes = sizesOf(design, size)
  const inputs = [design.stem.width, ...design.widths]
  const stages = design.widths.flatMap((after, index) => {
    const [before, places, afterwards] = [inputs[index] ?? 0, area(sizes[index]), area(sizes[index + 1])]
    const blocks = Array.from({ length: design.blocks[index] ?? 0 }, () => blockLayers(design, after, afterwards)).flat()
    return [...wideningLayers(design, { before, after, places, afterwards, isHalved: index < design.halvings }), ...blocks]
  })
  return [...stemLayers(design, channels, area(sizes[0])), ...stages, ...headLayers(design, classes)]
}

function stemLayers(design: StagedDesign, channels: number, places: number): Layer[] {
  const { width, kernel, isWhitened } = design.stem
  const patch = seenChannels(design, channels) * kernel ** 2
  const whitening = { ...convolution(patch, patch, 1, places), parameters: 0 }
  return [...(isWhitened ? [whitening] : []), convolution(patch, width, 1, places), norm(width)]
}

type Widening = { before: number; after: number; places: number; afterwards: number; isHalved: boolean }

function wideningLayers(design: StagedDesign, { before, after, places, afterwards, isHalved }: Widening): Layer[] {
  const isCheap = isHalved && (design.halving === 'pool-first' || design.halving === 'stride')
  const at = isCheap ? afterwards : places
  const blur = isHalved && design.halving === 'blur' ? [{ ...NOTHING, written: after * places }] : []
  if (design.block !== 'inverted') return [convolution(before, after, 3, at), ...blur, norm(after)]
  return [depthwise(before, 3, at), convolution(before, after, 1, at), ...blur, norm(after)]
}

function blockLayers(design: StagedDesign, width: number, places: number): Layer[] {
  return [...branchLayers(design, width, places), ...(design.hasSqueezeExcitation ? [squeezeExcitation(width, places)] : [])]
}

function branchLayers({ block }: StagedDesign, width: number, places: number): Layer[] {
  if (block === 'plain' || block === 'residual') return [convolution(width, width, 3, places), norm(width)]
  const hidden = hiddenWidth(block, width)
  const [narrowOrWiden, back] = [convolution(width, hidden, 1, places), convolution(hidden, width, 1, places)]
  if (block === 'bottleneck')
    return [narrowOrWiden, norm(hidden), convolution(hidden, hidden, 3, places), norm(hidden), back, norm(width)]
  const kernel = DEPTHWISE_KERNEL[block]
  if (block === 'convnext') return [depthwise(width, kernel, places), norm(width), narrowOrWiden, back]
  return [narrowOrWiden, norm(hidden), depthwise(hidden, kernel, places), norm(hidden), back, norm(width)]
}

/** Channels inside a block that narrows or widens. */
export function hiddenWidth(block: 'bottleneck' | 'inverted' | 'convnext', width: number): number {
  return block === 'bottleneck' ? Math.floor(width * BOTTLENECK) : width * EXPANSION[block]
}

function headLayers(design: StagedDesign, classes: number): Layer[] {
  const features = pooledFeatures(design)
  const hidden = design.hidden > 0 ? [linear(features, design.hidden)] : []
  const inputs = design.hidden > 0 ? design.hidden : features
  const last = linear(inputs, classes)
  return [...hidden, design.isCosine ? { ...last, parameters: last.multiplyAdds } : last]
}

function tutorialLayers(design: TutorialDesign, channels: number, size: Size, classes: number): Layer[] {
  const layers: Layer[] = []
  let [before, now] = [channels, size]
  for (const after of design.widths) {
    const bias = { ...NOTHING, parameters: design.isNormalised ? 0 : after }
    layers.push(convolution(before, after, 3, area(now)), bias, ...(design.isNormalised ? [norm(after)] : []))
    before = after
    now = mapSides(now, (side) => Math.floor(side / 2))
  }
  return [...layers, linear(before * area(now), design.hidden), linear(design.hidden, classes)]
}

function convolution(before: number, after: number, kernel: number, places: number): Layer {
  const parameters = before * after * kernel ** 2
  return { multiplyAdds: parameters * places, parameters, written: after * places, isDepthwise: false }
}

function depthwise(width: number, kernel: number, places: number): Layer {
  return { ...convolution(1, width, kernel, places), isDepthwise: true }
}

/** Counted with the convolution before it. */
function norm(width: number): Layer {
  return { ...NOTHING, parameters: 2 * width }
}

function linear(inputs: number, outputs: number): Layer {
  return { ...NOTHING, multiplyAdds: inputs * outputs, parameters: inputs * outputs + outputs }
}

function squeezeExcitation(width: number, places: number): Layer {
  const hidden = Math.max(SQUEEZED_LEAST, Math.floor(width / SQUEEZE))
  return { ...NOTHING, ...sum([linear(width, hidden), linear(hidden, width)]), written: width * places }
}

export function sum(costs: readonly Cost[]): Cost {
  const total = (key: keyof Cost) => costs.reduce((so, cost) => so + cost[key], 0)
  return { multiplyAdds: total('multiplyAdds'), parameters: total('parameters') }
}

function area(size: Size | undefined): number {
  return size === undefined ? 0 : size[0] * size[1]
}

function mapSides([height, width]: Size, change: (side: number) => number): Size {
  return [change(height), change(width)]
}
