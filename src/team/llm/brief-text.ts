import { formatCount } from '../../core/format.ts'
import type { Brief } from '../../core/team.ts'
import { dataBlock, plainText } from './fence.ts'

/** More classes than this are not all named. */
const CLASSES_SHOWN = 100
const NAME_LENGTH = 64
const ABOUT_LENGTH = 1200
const WARNINGS_SHOWN = 6
/** Pixels of a picture of the net that a machine's speed is measured with. */
const REFERENCE_PIXELS = 784

/**
 * What is known of the images, as data; `understanding` is the Architect's, told where the user said nothing. Withheld, only what the
 * code cannot be written without.
 */
export function datasetText(brief: Brief, understanding: string, isWithheld: boolean): string {
  if (isWithheld) return `${pictureText(brief)} ${brief.classes.length} classes. Nothing else is told of the data set in this run.`
  return `${pictureText(brief)}\n${dataBlock('the data set', datasetFacts(brief, understanding))}`
}

function datasetFacts(brief: Brief, understanding: string): Readonly<Record<string, unknown>> {
  const { card, about, classes, classCounts } = brief
  const named = classes.slice(0, CLASSES_SHOWN).map((name, index) => `${index} ${className(name)}: ${classCounts[index] ?? 0}`)
  const hidden = classes.length - named.length
  const meant = about === null ? understanding : about
  return {
    name: plainText(card.name, NAME_LENGTH),
    ...(meant === '' ? {} : { [about === null ? "architect's reading" : 'user says']: plainText(meant, ABOUT_LENGTH) }),
    'class number, name, images to train on': hidden > 0 ? [...named, `and ${hidden} more`] : named,
    ...(card.warnings.length === 0 ? {} : { warnings: card.warnings.slice(0, WARNINGS_SHOWN).map((text) => plainText(text, 200)) }),
  }
}

/** Facts of ours about the pictures, without a word of the data set's own. */
function pictureText({ card, shape, channels, trainCount, classCounts }: Brief): string {
  const [height, width] = shape
  const size =
    card.storedShape === null
      ? `of several sizes, typically ${height} x ${width} px (height x width)`
      : `all ${height} x ${width} px (height x width)`
  const [least, most] = [Math.min(...classCounts), Math.max(...classCounts)]
  const balance = most > 1.5 * Math.max(1, least) ? `, ${formatCount(least)} to ${formatCount(most)} a class` : ''
  return `${formatCount(trainCount)} ${channels === 1 ? 'grey' : 'colour'} pictures to train on${balance}, ${size}.`
}

/** What a training may cost, and how fast the machine is. */
export function machineText({ machine, trainSeconds, shape, trainCount }: Brief): string {
  const { device, threads, dtype, referenceSpeed } = machine
  const images = trainSeconds * referenceSpeed
  const scaled = (images * REFERENCE_PIXELS) / Math.max(1, shape[0] * shape[1])
  return (
    `A training lasts ${plainNumber(trainSeconds)} s on ${device} (${threads} threads, ${dtype}). The harness measures the pipeline's speed first and turns ` +
    `the seconds into a number of steps: twice the cost of a step means half the steps. For scale: a net of 14.7 million multiply-adds for a ` +
    `28 x 28 picture trains ${formatCount(referenceSpeed)} pictures/s here; at the stored size (cost grows with pixels) that would be ` +
    `${plainNumber(scaled / Math.max(1, trainCount))} passes over the training pictures.`
  )
}

export function weightsText(weights: readonly string[]): string {
  if (weights.length === 0) return 'Weights at hand: none. Everything is trained from scratch; a name in PRETRAINED would fail.'
  return `Weights at hand, to be named in PRETRAINED of model.py: ${weights.join(', ')}. No others can be had.`
}

/** A class name is at most so long in a prompt, whatever the data set calls it. */
export function className(name: string): string {
  return plainText(name, NAME_LENGTH)
}

/** Three digits say enough. */
export function plainNumber(value: number): string {
  return value >= 100 ? formatCount(value) : String(Number(value.toPrecision(2)))
}
