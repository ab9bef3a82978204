import { formatCount } from '../../core/format.ts'
import type { Brief } from '../../core/team.ts'
import { dataBlock, plainText } from './fence.ts'

/** More classes than this are not all named. */
const CLASSES_SHOWN = 100
const NAME_LENGTH = 64
const ABOUT_LENGTH = 1200
const WARNINGS_SHOWN = 6
/** Largest class over smallest from which counts are worth their words. */
const UNEVEN = 1.5
/** Pixels of a picture of the net that a machine's speed is measured with. */
const REFERENCE_PIXELS = 784

/**
 * What is known of the images, as data; `understanding` is the Architect's, told where the user said nothing. Withheld, only what the
 * code cannot be written without.
 */
export function datasetText(brief: Brief, understanding: string, isWithheld: boolean): string {
  if (isWithheld) return `${picturesText(brief)} Nothing else is told of the data set in this run.`
  return `${picturesText(brief)}\n${dataBlock('the data set', datasetFacts(brief, understanding))}`
}

function datasetFacts(brief: Brief, understanding: string): Readonly<Record<string, unknown>> {
  const { card, about, classes, classCounts } = brief
  const count = isUneven(brief) ? (index: number) => ` (${classCounts[index] ?? 0})` : () => ''
  const named = classes.slice(0, CLASSES_SHOWN).map((name, index) => `${className(name)}${count(index)}`)
  const hidden = classes.length - named.length
  const meant = about === null ? understanding : about
  return {
    name: plainText(card.name, NAME_LENGTH),
    ...(meant === '' ? {} : { [about === null ? "architect's reading" : 'user says']: plainText(meant, ABOUT_LENGTH) }),
    [isUneven(brief) ? 'classes from number 0 on (images)' : 'classes from number 0 on']:
      hidden > 0 ? [...named, `and ${hidden} more`] : named,
    ...(card.warnings.length === 0 ? {} : { warnings: card.warnings.slice(0, WARNINGS_SHOWN).map((text) => plainText(text, 200)) }),
  }
}

function isUneven({ classCounts }: Brief): boolean {
  return Math.max(...classCounts) > UNEVEN * Math.max(1, Math.min(...classCounts))
}

/** Facts of ours about the pictures, without a word of the data set's own. */
export function picturesText(brief: Brief): string {
  const { card, shape, channels, trainCount, classCounts } = brief
  const [height, width] = shape
  const pixels = `${height} x ${width} px (height x width)`
  const size = card.storedShape === null ? `of several sizes, typically ${pixels}` : `all ${pixels}`
  const balance = isUneven(brief)
    ? `${formatCount(Math.min(...classCounts))} to ${formatCount(Math.max(...classCounts))} a class`
    : 'about equally many a class'
  return `${formatCount(trainCount)} ${channels === 1 ? 'grey' : 'colour'} pictures of ${brief.classes.length} classes to train on, ${balance}, ${size}.`
}

/** What a training may cost, and how fast the machine is. */
export function machineText({ machine, trainSeconds, shape, trainCount }: Brief): string {
  const { device, threads, dtype, referenceSpeed } = machine
  const images = trainSeconds * referenceSpeed
  const scaled = (images * REFERENCE_PIXELS) / Math.max(1, shape[0] * shape[1])
  return (
    `A training lasts ${plainNumber(trainSeconds)} s on ${device} (${threads} threads, ${dtype}); the harness turns the seconds into steps by the ` +
    `measured speed of the pipeline. For scale: a net of 14.7 M multiply-adds for a 28 x 28 picture trains ${formatCount(referenceSpeed)} ` +
    `pictures/s here, ${plainNumber(scaled / Math.max(1, trainCount))} passes over the training pictures at the stored size (cost grows with pixels).`
  )
}

/** The same in few words, for roles that see how the best pipeline fared. */
export function speedText({ machine, trainSeconds }: Brief): string {
  const { device, threads, dtype, referenceSpeed } = machine
  return (
    `${plainNumber(trainSeconds)} s a training on ${device} (${threads} threads, ${dtype}), made into steps by measured speed; a net of 14.7 M ` +
    `multiply-adds a picture trains ${formatCount(referenceSpeed)} pictures/s here.`
  )
}

export function weightsText(weights: readonly string[]): string {
  if (weights.length === 0) return 'Weights at hand: none: all is trained from scratch.'
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
