import type { DataDesign } from './data-design.ts'
import { changesOf, constantsOf } from './render-data-constants.ts'
import { evalTransform, trainTransform } from './render-data-transforms.ts'
import { batchTransform, renderViews, sampleWeights } from './render-data-views.ts'
import { docstring } from './python-text.ts'

/** `data.py` for this design and no other: constants with unit and reason, and only code that is used. */
export function renderData(design: DataDesign): string {
  const views = renderViews(design)
  const functions = [
    trainTransform(design),
    evalTransform(design),
    ...batchTransform(design),
    ...sampleWeights(design),
    ...views.definitions,
  ]
  const code = [constantsOf(design).join('\n'), ...functions].join('\n\n\n')
  return `${[docstring('', summary(design)), ...importLines(design, views.usesPartial)].join('\n\n')}\n\n${code}\n`
}

/** "Data for 28 x 28 px: training pictures are shifted and mirrored; predictions are averaged over mirrored views." */
function summary(design: DataDesign): string {
  const changes = changesOf(design)
  const training = changes.length === 0 ? 'training pictures stay as they are' : `training pictures are ${enumerate(changes)}`
  const values = {
    dataset: [],
    'per-image': ['each picture is standardised on its own'],
    stretch: ['the light of each picture is stretched'],
  }
  const { views } = design
  const kinds = [
    ...(views.mirror ? ['mirrored'] : []),
    ...(views.shiftPixels > 0 ? ['shifted'] : []),
    ...(views.zooms.length > 0 ? ['enlarged'] : []),
  ]
  const prediction = kinds.length === 0 ? [] : [`predictions are averaged over ${enumerate(kinds)} views`]
  return `Data for ${design.imageSize.join(' x ')} px: ${[training, ...values[design.normalisation], ...prediction].join('; ')}.`
}

function importLines(design: DataDesign, usesPartial: boolean): string[] {
  const standard = [
    ...(design.sampling === 'sqrt' ? ['import math'] : []),
    ...(usesPartial ? ['from functools import partial'] : []),
  ]
  const ours = ['from improve_harness import ops', 'from improve_harness.contract import batched']
  return [standard, ours].filter((lines) => lines.length > 0).map((lines) => lines.join('\n'))
}

/** "a, b and c" */
function enumerate(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
