import { testCount, valCount } from '../core/dataset.ts'
import type { DatasetFacts } from '../core/dataset.ts'
import { formatCount, formatPoints, plural, row, wrap } from '../core/format.ts'
import { printable } from '../core/names.ts'
import { smallestVisibleGain } from '../core/statistics.ts'
import type { Card } from '../core/card.ts'

const WIDTH = 80
const CLASSES_SHOWN = 8
const NAME_WIDTH = 28
const QUARANTINED_SHOWN = 5

/** What opens the sealed test where the card is shown: an option of `try`, the end of a run, or neither yet. */
export type TestOpens = 'option' | 'end-of-run' | 'later'

const OPENING: Readonly<Record<TestOpens, string>> = {
  option: 'sealed until --open-test',
  'end-of-run': 'sealed until the end of the run, which opens it once',
  later: 'sealed until improve try --open-test or the end of improve run',
}

export type CardWords = {
  readonly name: string
  readonly testOpens: TestOpens
  /** Path of the list of all pictures that could not be read. */
  readonly quarantine: string
}

/** The whole dataset card as text of at most 80 columns. */
export function renderCard(card: Card, facts: DatasetFacts, { name, testOpens, quarantine }: CardWords): string {
  return [
    `${printable(name, 50)}: ${formatCount(card.imageCount)} images, ${formatCount(card.classes.length)} classes`,
    '',
    ...classLines(card),
    '',
    ...pictureLines(card),
    ...originLines(card, quarantine),
    '',
    ...splitLines(facts, testOpens),
    row('gain', gainText(facts)),
    ...warningLines(card),
  ].join('\n')
}

/** The few lines of the card that a run begins with. */
export function renderCardSummary(card: Card, facts: DatasetFacts, { name, testOpens }: Omit<CardWords, 'quarantine'>): string {
  return [
    row(
      'dataset',
      `${printable(name, 50)}: ${formatCount(card.imageCount)} images, ${formatCount(card.classes.length)} classes, ${storedText(card)}`,
    ),
    ...splitLines(facts, testOpens),
    row('gain', gainText(facts)),
    ...card.warnings.map((warning) => row('warning', printable(warning, 400))),
  ].join('\n')
}

function classLines(card: Card): string[] {
  const ranked = card.classes.toSorted((a, b) => b.count - a.count)
  const largest = ranked[0]?.count ?? 1
  const shown = ranked.length <= CLASSES_SHOWN + 2 ? ranked : [...ranked.slice(0, CLASSES_SHOWN - 2), ...ranked.slice(-2)]
  const hidden = ranked.length - shown.length
  const lines = shown.map(({ name, count }) => {
    const bar = '#'.repeat(Math.max(1, Math.round((24 * count) / largest)))
    return `  ${printable(name, NAME_WIDTH).padEnd(NAME_WIDTH)} ${formatCount(count).padStart(9)}  ${bar}`
  })
  if (hidden > 0) lines.splice(-2, 0, `  … ${formatCount(hidden)} more classes`)
  return [
    ...lines,
    row('imbalance', card.imbalance < 1.05 ? 'none' : `largest class ${card.imbalance.toFixed(1)} times the smallest`),
  ]
}

function pictureLines(card: Card): string[] {
  const { width, height } = card.sizes
  const numbers = (values: readonly number[]) => values.map((value) => value.toFixed(3)).join(', ')
  return [
    row('size', `width ${rangeText(width)}, height ${rangeText(height)} pixels`),
    row('stored as', storedText(card)),
    row('mean, std', `${numbers(card.mean)}; ${numbers(card.std)} (of values 0 to 1)`),
    row(
      'formats',
      Object.entries(card.formats)
        .map(([format, count]) => `${formatCount(count)} ${format}`)
        .join(', '),
    ),
  ]
}

function originLines(card: Card, quarantine: string): string[] {
  const { duplicates, quarantined, stray, groups } = card
  return [
    row('duplicates', duplicatesText(duplicates)),
    ...(groups.origin === 'user'
      ? [row('groups', `${formatCount(groups.count)} by --groups, the largest of ${formatCount(groups.largest)} images`)]
      : []),
    row('quarantined', quarantined.count === 0 ? 'none' : `${formatCount(quarantined.count)} that could not be read`),
    ...quarantined.examples
      .slice(0, QUARANTINED_SHOWN)
      .map(({ path, reason }) => wrapped(`${printable(path, 60)}: ${printable(reason, 120)}`)),
    // A path that is not broken can be pasted.
    ...(quarantined.count === 0 ? [] : [`${row('all of them', 'in')} ${quarantine}`]),
    ...(stray.count === 0 ? [] : [row('not used', plural(stray.count, 'other file'))]),
  ]
}

function duplicatesText({ identicalImages, identicalGroups, nearImages, nearGroups }: Card['duplicates']): string {
  const found = [
    ...(identicalGroups === 0
      ? []
      : [`${plural(identicalImages, 'image')} in ${plural(identicalGroups, 'group')} of identical ones`]),
    ...(nearGroups === 0 ? [] : [`${plural(nearImages, 'image')} in ${plural(nearGroups, 'group')} of near copies`]),
  ]
  return found.length === 0 ? 'none' : `${found.join(', ')}; groups stay in one split`
}

function splitLines(facts: DatasetFacts, testOpens: TestOpens): string[] {
  const val = formatCount(valCount(facts))
  const how = {
    fixed: `one fixed split of ${val} images`,
    rotating: `one of five folds, ${val} images; the others in turn for confirmation`,
    pooled: `five folds, each predicted by a model that did not see it: ${val} images`,
  }[facts.scheme]
  const test = {
    sealed: `${formatCount(testCount(facts))} images, ${OPENING[testOpens]}`,
    user: `${formatCount(testCount(facts))} images of your test folder, ${OPENING[testOpens]}`,
    none: 'none: some class has too few images to seal one away',
  }[facts.testOrigin]
  return [row('val', how), row('test', test)]
}

function gainText(facts: DatasetFacts): string {
  const one = smallestVisibleGain(valCount(facts), 1)
  const two = smallestVisibleGain(valCount(facts), 2)
  return `differences below ${formatPoints(one)} cannot be told from luck (${formatPoints(two)} with 2 seeds)`
}

function warningLines(card: Card): string[] {
  if (card.warnings.length === 0) return []
  return ['', ...card.warnings.map((warning) => row('warning', printable(warning, 400)))]
}

function storedText({ storedShape, edge, channels }: Card): string {
  const shape =
    storedShape === null
      ? `short side ${edge ?? 'unchanged'}${edge === null ? '' : ' px'}, aspect kept`
      : `${storedShape[1]} x ${storedShape[0]} px`
  return `${shape}, ${channels === 1 ? 'grey' : 'colour'}`
}

function rangeText({ min, median, max }: { min: number; median: number; max: number }): string {
  return min === max ? formatCount(min) : `${formatCount(min)} to ${formatCount(max)} (median ${formatCount(median)})`
}

function wrapped(text: string): string {
  return `  ${wrap(text, WIDTH - 2, '    ')}`
}
