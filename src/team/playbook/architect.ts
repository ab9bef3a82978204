import { formatSeconds } from '../../core/format.ts'
import type { Pipeline } from '../../core/pipeline.ts'
import type { Blueprint, Brief, Memos, Team } from '../../core/team.ts'
import { chooseInputSize } from './architect-size.ts'
import type { InputSize } from './architect-size.ts'
import { understandingOf } from './architect-words.ts'
import { makeMemo } from './craft.ts'
import type { Crafts } from './craft.ts'
import { photoData, plainData, smallData } from './data-design.ts'
import type { DataDesign } from './data-design.ts'
import { checkChange } from './label-safety.ts'
import { tutorialDesign, withoutRefining } from './model-design.ts'
import type { ModelDesign } from './model-design.ts'
import { defaultModel } from './moves-model.ts'
import { effectiveBatch, PHOTO_TRAINING, SMALL_TRAINING, TUTORIAL_TRAINING } from './training-design.ts'
import type { TrainingDesign } from './training-design.ts'

/** The largest side of a picture in the plain pipeline. */
const PLAIN_EDGE = 64

type Designs = { readonly data: DataDesign; readonly model: ModelDesign; readonly training: TrainingDesign }

/** The Project Architect: what the images are, and a first pipeline that fits them, the machine and the seconds as one piece. */
export function makeArchitect(crafts: Crafts): Team['architect'] {
  return async (brief, signal) => {
    signal.throwIfAborted()
    return designBlueprint(crafts, brief)
  }
}

export function designBlueprint(crafts: Crafts, brief: Brief): Blueprint {
  const input = chooseInputSize(brief)
  const designs = designFor(brief, input)
  return blueprintOf(crafts, brief, designs, designText(brief, input, designs))
}

/** What many tutorials do, for comparison: a plain net, Adam at one rate, pictures squashed and nothing changed about them. */
export function designPlainBlueprint(crafts: Crafts, brief: Brief): Blueprint {
  const [height, width] = brief.shape
  const size = [Math.min(PLAIN_EDGE, height), Math.min(PLAIN_EDGE, width)] as const
  const designs = { data: plainData(size), model: tutorialDesign(size), training: TUTORIAL_TRAINING }
  const text =
    `The plain beginning of many tutorials: pictures squashed to ${size.join(' x ')} px and not changed in training, a plain convolutional net, ` +
    `Adam at a constant rate of ${TUTORIAL_TRAINING.peakRate}, batches of ${TUTORIAL_TRAINING.batchSize}, cross-entropy.`
  return blueprintOf(crafts, brief, designs, text)
}

/** The designs of pipeline 0. */
export function designFor(brief: Brief, { size, isSmall, isLong, isBrief, reason }: InputSize): Designs {
  const mirrors = checkChange('mirror', { brief, evidence: null }).verdict === 'unknown'
  const start = { imageSize: size, isLong, isBrief, mirrors }
  const data = isSmall ? smallData(start) : photoData(start)
  return {
    data: { ...data, why: { ...data.why, imageSize: reason } },
    model: isBrief ? withoutRefining(defaultModel(brief, size)) : defaultModel(brief, size),
    training: isSmall ? SMALL_TRAINING : PHOTO_TRAINING,
  }
}

function blueprintOf(crafts: Crafts, brief: Brief, designs: Designs, design: string): Blueprint {
  const pipeline: Pipeline = {
    data: crafts.data.render(designs.data, brief),
    model: crafts.model.render(designs.model, brief),
    training: crafts.training.render(designs.training, brief),
  }
  const memos: Memos = {
    data: makeMemo(crafts.data, designs.data, null),
    model: makeMemo(crafts.model, designs.model, null),
    training: makeMemo(crafts.training, designs.training, null),
  }
  return { understanding: understandingOf(brief), design, pipeline, memos }
}

function designText(brief: Brief, input: InputSize, designs: Designs): string {
  const [data, model, training] = [dataText(input, designs.data), modelText(designs.model), trainingText(brief, designs.training)]
  return `For ${formatSeconds(brief.trainSeconds)} of training on ${brief.machine.device} (${brief.machine.threads} threads):\n${data}\n${model}\n${training}`
}

function dataText({ size, isLong, isBrief, reason }: InputSize, { mirror, cutout }: DataDesign): string {
  const changes = [
    mirror > 0 ? 'mirrored' : 'not mirrored, because that may change what they mean',
    ...(cutout === null ? [] : [`with a hole of ${cutout.size} px`]),
  ]
  const few = `too few passes to learn them by heart, so they are changed ${isBrief ? 'hardly at all' : 'little'}`
  const length = isLong ? 'enough passes to learn them by heart, so they are changed strongly' : few
  return `Data: ${size.join(' x ')} px (${reason}); ${length}; ${changes.join(', ')}.`
}

function modelText(design: ModelDesign): string {
  if (design.family === 'tutorial') return `Model: a tutorial net with ${design.widths.join(', ')} channels.`
  const isPlain = design.block === 'plain' || design.blocks.every((count) => count === 0)
  const width = `as wide as the seconds can afford: stem ${design.stem.width}, stages ${design.widths.join(', ')} channels`
  return `Model: a convolutional net trained from scratch, ${isPlain ? 'plain' : `${design.block} blocks`}, ${width}.`
}

function trainingText({ trainCount }: Brief, design: TrainingDesign): string {
  const batch = effectiveBatch(design, trainCount)
  return (
    `Training: ${design.optimizer.name.toUpperCase()} with a peak rate of ${design.peakRate} for ${design.batchSize} images, rising over ` +
    `${design.schedule.warmUp * 100} % of the steps and then falling, batches of ${batch}, label smoothing ${design.labelSmoothing}.`
  )
}
