import { formatCount, formatPercent } from '../../core/format.ts'
import { printable } from '../../core/names.ts'
import { ramp, share, shareText, sureDifference } from './diagnose-facts.ts'
import type { Facts, Finding, Share } from './diagnose-facts.ts'

/** Largest class over smallest from which counts differ enough to matter. */
const UNEVEN = 3
/** A class counts as rare below this share of the mean count. */
const RARE = 0.5
/** A sure difference in recall that makes it the whole story. */
const FULL_RECALL_GAP = 0.25
/** Uneven counts alone, with too few dev images to see an effect: a hint where the metric weighs classes alike. */
const UNEVEN_HINT = 0.3
/** Where the metric counts images, rare classes hold few of them. */
const PLAIN_METRIC = 0.5
/** One class among many is found low by luck; 2.5 standard errors allow for some tens of classes. */
const LUCK = 2.5
/** A class with fewer errors than this is too small a part of them to be what is wrong. */
const LEAST_MISSES = 5
/** Below so many errors no pattern in them can be seen. */
const FEWEST_ERRORS = 15
/** With fewer classes a few pairs make most errors by necessity. */
const FEWEST_CLASSES = 4
const PAIRS = 2
/** Share of the errors beyond which a few pairs stand out, and at which they are the whole story. */
const STANDS_OUT = 0.3
const ALL_OF_IT = 0.7
const NAME_LENGTH = 24

/** Some classes have far fewer images, or far lower recall. */
export function imbalance(facts: Facts): Finding | null {
  const found = [rareClasses(facts), weakClass(facts)].filter((finding) => finding !== null)
  return found.toSorted((a, b) => b.weight - a.weight)[0] ?? null
}

function rareClasses({ evidence }: Facts): Finding | null {
  const { classCounts, metric } = evidence.brief
  const ratio = Math.max(...classCounts) / Math.max(1, Math.min(...classCounts))
  if (ratio < UNEVEN) return null
  const limit = (RARE * classCounts.reduce((total, count) => total + count, 0)) / classCounts.length
  const isRare = (index: number) => (classCounts[index] ?? 0) < limit
  const rare = recall(evidence.best.dev?.perClass.filter((_, index) => isRare(index)) ?? [])
  const others = recall(evidence.best.dev?.perClass.filter((_, index) => !isRare(index)) ?? [])
  const isBalanced = metric === 'balanced-accuracy' || metric === 'macro-f1'
  const gap = rare !== null && others !== null ? ramp(sureDifference(others, rare), 0, FULL_RECALL_GAP) : 0
  const weight = isBalanced ? Math.max(gap, UNEVEN_HINT) : gap * PLAIN_METRIC
  if (weight === 0) return null
  const seen =
    rare !== null && others !== null ? `; rare classes have ${shareText(rare)} right, the others ${shareText(others)}` : ''
  const sentence = `the largest class has ${formatCount(ratio)} times the images of the smallest${seen}: the rare ones are learnt too little`
  return { bottleneck: 'imbalance', weight, sentence }
}

/** A single class whose recall lies far below that of the rest. */
function weakClass({ evidence }: Facts): Finding | null {
  const perClass = evidence.best.dev?.perClass ?? []
  if (perClass.length < 3) return null
  const candidates = perClass.map((one, index) => {
    const own = recall([one])
    const rest = recall(perClass.filter((_, other) => other !== index))
    const gap = own === null || rest === null ? 0 : rest.centre - own.centre - LUCK * Math.hypot(own.error, rest.error)
    return { index, own, rest, gap: one.count - one.right < LEAST_MISSES ? 0 : gap }
  })
  const worst = candidates.toSorted((a, b) => b.gap - a.gap)[0]
  if (worst === undefined || worst.own === null || worst.rest === null || worst.gap <= 0) return null
  const name = printable(evidence.brief.classes[worst.index] ?? `class ${worst.index}`, NAME_LENGTH)
  const sentence = `of ${name} ${shareText(worst.own)} are right against ${shareText(worst.rest)} of the other classes`
  return { bottleneck: 'imbalance', weight: PLAIN_METRIC * ramp(worst.gap, 0, FULL_RECALL_GAP), sentence }
}

function recall(classes: readonly { readonly count: number; readonly right: number }[]): Share | null {
  const count = classes.reduce((total, one) => total + one.count, 0)
  return count === 0 ? null : share(classes.reduce((total, one) => total + one.right, 0) / count, count)
}

/** A few pairs of classes make most of the errors. */
export function confusion({ evidence, classCount }: Facts): Finding | null {
  const { dev } = evidence.best
  if (dev === null || classCount < FEWEST_CLASSES || dev.n - dev.right < FEWEST_ERRORS) return null
  const errors = dev.n - dev.right
  const pairs = confusedPairs(dev.confusions).slice(0, PAIRS)
  const concentrated = share(pairs.reduce((total, pair) => total + pair.count, 0) / errors, errors)
  const weight = ramp(concentrated.centre - concentrated.error, STANDS_OUT, ALL_OF_IT)
  if (weight === 0) return null
  const name = (index: number) => printable(evidence.brief.classes[index] ?? `class ${index}`, NAME_LENGTH)
  const named = pairs.map(({ classes: [a, b] }) => `${name(a)} / ${name(b)}`).join(' and ')
  const sentence = `${named} make ${formatPercent(concentrated.value, 0)} of the ${formatCount(errors)} errors on dev`
  return { bottleneck: 'confusion', weight, sentence }
}

/** Both directions of a mix-up added, the largest first. */
function confusedPairs(cells: readonly (readonly [number, number, number])[]): { classes: [number, number]; count: number }[] {
  const pairs = new Map<string, { classes: [number, number]; count: number }>()
  for (const [actual, told, count] of cells) {
    const classes: [number, number] = [Math.min(actual, told), Math.max(actual, told)]
    const key = classes.join(' ')
    pairs.set(key, { classes, count: count + (pairs.get(key)?.count ?? 0) })
  }
  return [...pairs.values()].toSorted((a, b) => b.count - a.count)
}
