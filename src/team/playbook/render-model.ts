import type { ModelDesign, StagedDesign, TutorialDesign } from './model-design.ts'
import { netClass } from './render-model-net.ts'
import { blockDefinitions, normGroups, stageFunction } from './render-model-stages.ts'
import { EXPANSION } from './model-layers.ts'
import { constant, docstring, inWords, tuple } from './python-text.ts'

/** The source of `model.py` for a design: only what this design needs, numbers as constants with their reasons. */
export function renderModel(design: ModelDesign): string {
  return design.family === 'tutorial' ? renderTutorial(design) : renderStaged(design)
}

function renderStaged(design: StagedDesign): string {
  const build = 'def build_model(info):\n    return Net(info.channels, info.class_count)'
  const definitions = [build, netClass(design), stageFunction(design), ...blockDefinitions(design)]
  return assemble(docstring('', summary(design), ...asideReasons(design)), stagedConstants(design), definitions)
}

function assemble(documentation: string, constants: readonly string[], definitions: readonly string[]): string {
  const body = definitions.join('\n\n\n')
  return [documentation, importsOf([...constants, body].join('\n')), constants.join('\n'), `\n${body}\n`].join('\n\n')
}

function importsOf(body: string): string {
  const standard = body.includes('pairwise(') ? 'from itertools import pairwise\n\n' : ''
  const torch = /\btorch\.(?!nn)/.test(body) ? 'import torch\n' : ''
  const functional = /\bF\./.test(body) ? 'import torch.nn.functional as F\n' : ''
  return `${standard}${torch}${functional}from torch import nn`
}

function summary({ block, blocks, widths, halvings }: StagedDesign): string {
  const kind = {
    plain: 'A convolutional net in the shape of the small-image speed records',
    residual: 'A small residual net',
    bottleneck: 'A residual net of bottlenecks',
    inverted: 'A residual net of depthwise convolutions',
    convnext: 'A residual net of wide depthwise convolutions in the manner of ConvNeXt',
  }[block]
  const stages = widths.length === 1 ? 'one stage' : `${inWords(widths.length)} stages`
  const halve = halvings >= widths.length ? 'each halves the picture' : 'each widens'
  const refines = blocks.some((count) => count > 0) ? ' and refines' : ''
  return `${kind}: ${stages}, ${halve}${refines}, then a pooled head.`
}

/** Reasons for choices that no constant, function or class of their own stands for. */
function asideReasons(design: StagedDesign): string[] {
  const { why, activation, norm, pooling } = design
  const name = { relu: 'ReLU', gelu: 'GELU', silu: 'SiLU' }[activation]
  const sentences = [
    why.activation && `${name}: ${why.activation}.`,
    norm === 'batch' && why.norm && `Batch normalisation: ${why.norm}.`,
    (pooling === 'max' || pooling === 'mean') &&
      why.pooling &&
      `Pooled by ${pooling === 'max' ? 'maximum' : 'mean'}: ${why.pooling}.`,
    design.block === 'plain' && why.block && `No shortcuts: ${why.block}.`,
    !design.hasSqueezeExcitation && why.hasSqueezeExcitation && `No channel gates: ${why.hasSqueezeExcitation}.`,
    design.blocks.every((count) => count === 1) && why.blocks && `One refining block a stage: ${why.blocks}.`,
    design.blocks.every((count) => count === 0) && why.blocks && `No refining blocks: ${why.blocks}.`,
    design.hidden === 0 && why.hidden && `A linear head: ${why.hidden}.`,
    design.dropout === 0 && why.dropout && `No dropout: ${why.dropout}.`,
    design.halvings >= design.widths.length && why.halvings && `Every stage halves: ${why.halvings}.`,
  ].filter((sentence) => typeof sentence === 'string' && sentence !== '')
  return sentences.length === 0 ? [] : [sentences.join(' ')]
}

function stagedConstants(design: StagedDesign): string[] {
  const { stem, widths, blocks, halvings, why } = design
  const hasOwnCounts = blocks.some((count) => count !== blocks[0])
  const isHalvedInPart = halvings > 0 && halvings < widths.length
  const stemSize = stem.stride === 1 ? 'at full size' : 'which halves the picture'
  return [
    constant('STEM', stem.width, because(`channels of the first convolution, ${stemSize}`, why.stem)),
    ...(stem.isWhitened
      ? [
          constant('PATCH', stem.kernel, 'px, side of the patches that are whitened'),
          constant('NOISE', 0.01, 'share of the mean variance added to each: weak directions are mostly noise'),
        ]
      : []),
    constant(
      'STAGES',
      tuple(widths),
      because('channels of the stages: few where the picture is large, many where it is small', why.widths),
    ),
    ...(hasOwnCounts ? [constant('BLOCKS', tuple(blocks), because('refining blocks of each stage', why.blocks))] : []),
    ...(!hasOwnCounts && (blocks[0] ?? 0) > 1
      ? [constant('BLOCKS', blocks[0] ?? 0, because('refining blocks of a stage', why.blocks))]
      : []),
    ...(isHalvedInPart
      ? [constant('HALVINGS', halvings, because('stages that halve the picture, the first ones', why.halvings))]
      : []),
    ...blockConstants(design),
    ...headConstants(design),
  ]
}

function blockConstants(design: StagedDesign): string[] {
  const { block, norm, stochasticDepth, why } = design
  const isWide = block === 'inverted' || block === 'convnext'
  return [
    ...(norm === 'group'
      ? [constant('GROUPS', normGroups(design), because('channels are normalised in this many groups', why.norm))]
      : []),
    ...(isWide ? [constant('EXPANSION', EXPANSION[block], 'hidden channels of a block as a multiple of its own')] : []),
    ...(stochasticDepth > 0
      ? [
          constant(
            'STOCHASTIC_DEPTH',
            stochasticDepth,
            because('share of pictures that skip a branch in training', why.stochasticDepth),
          ),
        ]
      : []),
  ]
}

function headConstants({ hidden, dropout, isCosine, pooling, why }: StagedDesign): string[] {
  const place = hidden > 0 ? 'of the hidden units in training' : 'of the features before the last layer, in training'
  return [
    ...(pooling === 'generalised'
      ? [constant('POWER', 3, because('of the generalised mean: 1 is the mean, large the maximum', why.pooling))]
      : []),
    ...(hidden > 0 ? [constant('HIDDEN', hidden, because('units of the hidden layer', why.hidden))] : []),
    ...(dropout > 0 ? [constant('DROPOUT', dropout, because(`share ${place}`, why.dropout))] : []),
    ...(isCosine ? [constant('SCALE', 16, 'of the cosines, so that a right one can reach a probability near 1')] : []),
  ]
}

/** What something is, and why it is so where the design says why. */
function because(what: string, why: string | undefined): string {
  return why === undefined ? what : `${what}; ${why}`
}

function renderTutorial({ widths, hidden, isNormalised, dropout, why }: TutorialDesign): string {
  const bias = isNormalised ? ', bias=False' : ''
  const norm = isNormalised ? 'nn.BatchNorm2d(after), ' : ''
  const drop = dropout > 0 ? 'nn.Dropout(DROPOUT), ' : ''
  const times = widths.length === 1 ? 'once' : `${inWords(widths.length)} times`
  const between = isNormalised ? 'normalisation, ReLU' : 'ReLU'
  const constants = [
    constant('CHANNELS', tuple(widths), because('of the convolutions', why.widths)),
    constant('HIDDEN', hidden, because('units of the fully connected layer', why.hidden)),
    ...(dropout > 0 ? [constant('DROPOUT', dropout, because('share of the hidden units in training', why.dropout))] : []),
  ]
  const build = `def build_model(info):
    height, width = info.input_size
    before, layers = info.channels, []
    for after in CHANNELS:
        layers += [nn.Conv2d(before, after, 3, padding=1${bias}), ${norm}nn.ReLU(), nn.MaxPool2d(2)]
        before, height, width = after, height // 2, width // 2
    layers += [nn.Flatten(), nn.Linear(before * height * width, HIDDEN), nn.ReLU()]
    return nn.Sequential(*layers, ${drop}nn.Linear(HIDDEN, info.class_count))`
  const aside = why.isNormalised === undefined ? [] : [`Batch normalisation: ${why.isNormalised}.`]
  const text = `The net of many tutorials: convolution, ${between} and pool, ${times}, then two fully connected layers.`
  return assemble(docstring('', text, ...aside), constants, [build])
}
