import type { HurtClass } from './class-guard.ts'
import type { Comparison } from './decision.ts'
import { formatCount, plural } from './format.ts'
import { formatGain, formatSignedGain, gainUnit, seedsText } from './metric-scale.ts'
import { printable } from './names.ts'
import type { MetricName } from './outcome.ts'

/** "+1.8 points (95 % +0.6..+3.0), 41 images newly right, 18 newly wrong, 2 seeds, 1,050 images". Positive is better, also for log loss. */
export function describeComparison(comparison: Comparison, metric: MetricName): string {
  const { delta, low, high, newlyRight, newlyWrong, seeds, images } = comparison
  const interval = `95 % ${formatSignedGain(metric, low)}..${formatSignedGain(metric, high)}`
  return [
    `${describeGain(delta, metric)} (${interval})`,
    `${plural(newlyRight, 'image')} newly right`,
    `${formatCount(newlyWrong)} newly wrong`,
    seedsText(seeds.candidate, seeds.best),
    plural(images, 'image'),
  ].join(', ')
}

/** "+1.8 points", "-0.012 nats". */
export function describeGain(gain: number, metric: MetricName): string {
  return `${formatSignedGain(metric, gain)} ${gainUnit(metric)}`
}

/** "class cat loses 12.0 points of recall, 3.4 standard errors". */
export function describeHurtClass({ label, lostRecall, deviations }: HurtClass, classes: readonly string[]): string {
  const name = printable(classes[label] ?? `number ${label}`, 40)
  return `class ${name} loses ${formatGain('accuracy', lostRecall)} points of recall, ${deviations.toFixed(1)} standard errors`
}
