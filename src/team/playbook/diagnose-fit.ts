import { formatCount, formatPercent, formatPoints } from '../../core/format.ts'
import { passesText, ramp, shareText, sureDifference } from './diagnose-facts.ts'
import type { Facts, Finding } from './diagnose-facts.ts'

/** A sure gap of train over dev or val at which learning by heart is the whole story: 12 points cost more than most moves bring. */
const FULL_GAP = 0.12
/** From this train accuracy on nothing is left to fit, so that neither more steps nor a larger net is what is missing. */
const FITTED = 0.99
/** Train errors at which a poor fit is the whole story. */
const FULL_MISFIT = 0.12
/** Below so few passes a training is short of steps; small nets still gain about half a point from 7 to 20 passes (28 px, 10 classes). */
const SHORT_PASSES = 16
/** With so few passes the number of steps explains the fit alone. */
const VERY_SHORT_PASSES = 3
/** A rise over the last quarter that annealing alone does not explain. */
const ANNEALING_RISE = 0.04
const STEEP_RISE = 0.1
/** From here on a poor fit is not for want of passes. */
const ENOUGH_PASSES = 12
const MANY_PASSES = 30
/** A later loss above the lowest before it by this factor, and by this much, is a jump and not noise of a mean over many steps. */
const JUMP_FACTOR = 1.3
const JUMP_NATS = 0.15
const FULL_JUMP_NATS = 1
/** A loss still so near to that of guessing after a quarter of the steps means that the start was lost. */
const GUESSING = 0.97
const START = 0.3
/** Below so few passes every second counts, so that a costly step is worth a look. */
const SCARCE_PASSES = 10
/** Images a second, pixel for pixel, against the machine's reference net: below the first a step is dear, at the second very dear. */
const DEAR = 1.2
const VERY_DEAR = 0.3
const REFERENCE_PIXELS = 28 * 28

/** Train accuracy far above that on dev, or on val: the pictures are learnt by heart. */
export function overfitting(facts: Facts): Finding | null {
  const { train, dev, val, passes } = facts
  if (train === null) return null
  const gap = Math.max(dev === null ? 0 : sureDifference(train, dev), val === null ? 0 : sureDifference(train, val))
  const weight = ramp(gap, 0, FULL_GAP)
  if (weight === 0) return null
  const others = [...(dev === null ? [] : [`dev ${shareText(dev)}`]), ...(val === null ? [] : [`val ${shareText(val)}`])]
  const apart =
    dev !== null && val !== null && sureDifference(dev, val) > 0
      ? '; val lies below dev, so it may hold images of another sort'
      : ''
  const worse = devLossRise(facts)
  const turned = worse === null ? '' : `; the loss on dev rose again from ${worse.low.toFixed(2)} to ${worse.end.toFixed(2)}`
  const sentence =
    `train ${formatPercent(train.value)} against ${others.join(' and ')} after ${passesText(passes)}${apart}${turned}: ` +
    'the pictures are learnt by heart'
  return { bottleneck: 'overfitting', weight, sentence }
}

/** Null unless the loss on dev ended clearly above its lowest point. */
function devLossRise({ evidence }: Facts): { low: number; end: number } | null {
  const losses = evidence.best.curve.map((point) => point.devLoss).filter((loss) => loss !== null)
  const end = losses.at(-1)
  const low = Math.min(...losses)
  return end !== undefined && end > low * JUMP_FACTOR && end > low + JUMP_NATS ? { low, end } : null
}

/** Train accuracy low after few passes, or still rising at the end. */
export function undertrained(facts: Facts): Finding | null {
  const { train, dev, passes } = facts
  if (train === null) return null
  const rise = lateRise(facts)
  const short = ramp(passes, SHORT_PASSES, VERY_SHORT_PASSES)
  const rising = ramp(rise, ANNEALING_RISE, STEEP_RISE) * ramp(passes, 2 * MANY_PASSES, MANY_PASSES)
  const weight = misfit(facts) * Math.max(short, rising)
  if (weight === 0) return null
  const against = dev === null ? '' : ` and dev ${shareText(dev)}`
  const stillRising = rise > ANNEALING_RISE ? `, the former up by ${formatPoints(rise)} in the last quarter` : ''
  const after = short > 0 ? 'after only' : 'after'
  const sentence = `train ${formatPercent(train.value)}${against} ${after} ${passesText(passes)}${stillRising}: more or better steps would still help`
  return { bottleneck: 'undertrained', weight, sentence }
}

/** Train accuracy low and flat although there were passes enough. */
export function underfitting(facts: Facts): Finding | null {
  const { train, passes } = facts
  if (train === null) return null
  const rise = lateRise(facts)
  const weight = misfit(facts) * ramp(passes, ENOUGH_PASSES, MANY_PASSES) * ramp(rise, STEEP_RISE, ANNEALING_RISE)
  if (weight === 0) return null
  const sentence = `train stays at ${formatPercent(train.value)} after ${passesText(passes)}: the net or its input sees too little`
  return { bottleneck: 'underfitting', weight, sentence }
}

/** 0..1: how far the training is from fitting its own images, its standard error taken off. */
function misfit({ train }: Facts): number {
  return train === null ? 0 : ramp(train.value + train.error, FITTED, FITTED - FULL_MISFIT)
}

/** Rise of train accuracy over the last quarter of the training; 0 where it is not known. */
function lateRise({ evidence, train }: Facts): number {
  const before = evidence.best.curve.findLast((point) => point.fraction <= 0.76 && point.trainAccuracy !== null)
  return before === undefined || train === null ? 0 : Math.max(0, train.value - (before.trainAccuracy ?? 0))
}

/** The loss jumps, or the start is lost. */
export function unstable({ evidence, classCount }: Facts): Finding | null {
  const guessing = Math.log(classCount)
  let lowest: number = Number.POSITIVE_INFINITY
  let found: Finding | null = null
  for (const { fraction, runningLoss } of evidence.best.curve) {
    if (runningLoss === null) continue
    const at = `at ${formatPercent(fraction, 0)} of the training`
    if (runningLoss > lowest * JUMP_FACTOR && runningLoss > lowest + JUMP_NATS) {
      const weight = 0.5 + 0.5 * ramp(runningLoss - lowest, JUMP_NATS, FULL_JUMP_NATS)
      const sentence = `the training loss jumped from ${lowest.toFixed(2)} to ${runningLoss.toFixed(2)} ${at}: the steps are too large for the net`
      if (weight > (found?.weight ?? 0)) found = { bottleneck: 'unstable', weight, sentence }
    }
    if (fraction >= 0.2 && fraction <= START && runningLoss > GUESSING * guessing && found === null) {
      const sentence = `${at} the loss, ${runningLoss.toFixed(2)}, is still that of guessing (${guessing.toFixed(2)}): the start is lost`
      found = { bottleneck: 'unstable', weight: 0.8, sentence }
    }
    lowest = Math.min(lowest, runningLoss)
  }
  return found
}

/** Much of the time goes into steps that cost more than the passes allow. */
export function slow({ evidence, passes }: Facts): Finding | null {
  const { brief, best } = evidence
  const pixels = brief.shape[0] * brief.shape[1]
  const relative = (best.imagesPerSecond * pixels) / REFERENCE_PIXELS / brief.machine.referenceSpeed
  const weight = ramp(passes, SCARCE_PASSES, VERY_SHORT_PASSES) * ramp(relative, DEAR, VERY_DEAR)
  if (weight === 0) return null
  const sentence =
    `only ${passesText(passes)} at ${formatCount(best.imagesPerSecond)} images a second, ${relative.toFixed(1)} times ` +
    'what the reference net of this machine does pixel for pixel: a step costs too much'
  return { bottleneck: 'slow', weight, sentence }
}
