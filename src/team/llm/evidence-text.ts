import type { CurvePoint, DevReport, Probe, ProbeName } from '../../core/evaluation.ts'
import { formatCount, formatPercent } from '../../core/format.ts'
import { formatGain, gainUnit } from '../../core/metric-scale.ts'
import { smallestVisibleGain } from '../../core/statistics.ts'
import type { Evidence } from '../../core/team.ts'
import { className, plainNumber } from './brief-text.ts'
import { dataBlock } from './fence.ts'

const CLASSES_SHOWN = 4
const CONFUSIONS_SHOWN = 4
const CURVE_POINTS = 4
/** A probe of fewer pictures says nothing. */
const LEAST_PROBED = 20
/** Of the share that is right unchanged: above, a change does nothing worth a word. */
const HARMLESS = 0.9

/** How the best pipeline did, in figures with their split and count. */
export function evidenceText(evidence: Evidence, isWithheld: boolean): string {
  const { dev } = evidence.best
  return [
    valText(evidence),
    fitText(evidence),
    costText(evidence),
    curveText(evidence.best.curve),
    ...(dev?.probes ? [probesText(dev, dev.probes)] : []),
    ...(dev === null ? [] : [classesText(evidence, dev, isWithheld)]),
  ].join('\n')
}

/** What an author of code needs of it. */
export function costText({ brief, best }: Evidence): string {
  const passes = (best.steps * best.batchSize) / Math.max(1, brief.trainCount)
  return (
    `Its training: ${formatCount(best.steps)} steps of ${best.batchSize} pictures = ${plainNumber(passes)} passes, ` +
    `${formatCount(best.imagesPerSecond)} pictures/s, ${formatCount(best.parameterCount)} parameters, ${plainNumber(best.trainSeconds)} s.`
  )
}

function valText({ brief, best }: Evidence): string {
  const { metric, valCount } = brief
  const isLoss = metric === 'log-loss'
  const value = isLoss ? `${best.valScore.toFixed(3)} nats` : formatPercent(best.valScore)
  const least =
    metric === 'auc'
      ? ''
      : `; one training shows gains from about ${formatGain(metric, smallestVisible(metric, valCount))} ${gainUnit(metric)} on`
  return `Best is trial ${best.trial}: ${metric} ${value} on val (${formatCount(valCount)} pictures; ${isLoss ? 'lower' : 'higher'} is better; rounded). This decides${least}.`
}

function smallestVisible(metric: Evidence['brief']['metric'], n: number): number {
  return metric === 'log-loss' ? 2.5 * smallestVisibleGain(n, 1) : smallestVisibleGain(n, 1)
}

function fitText({ best }: Evidence): string {
  const last = best.curve.at(-1)
  const train = last?.trainAccuracy ?? null
  const dev = best.dev === null || best.dev.n === 0 ? (last?.devAccuracy ?? null) : best.dev.right / best.dev.n
  const parts = [
    ...(train === null ? [] : [`train ${formatPercent(train)} (unchanged pictures)`]),
    ...(dev === null
      ? []
      : [`dev ${formatPercent(dev)} (${best.dev === null ? 'some' : formatCount(best.dev.n)} pictures not trained on)`]),
    ...(train === null || dev === null ? [] : [`gap ${((train - dev) * 100).toFixed(1)} points`]),
  ]
  return parts.length === 0 ? 'Accuracy on train and dev was not measured.' : `Accuracy at its end: ${parts.join(', ')}.`
}

function curveText(curve: readonly CurvePoint[]): string {
  const step = Math.max(1, Math.ceil(curve.length / CURVE_POINTS))
  const shown = curve.filter((_, index) => (curve.length - 1 - index) % step === 0)
  if (shown.length === 0) return 'No curve was recorded.'
  const lines = shown.map(
    (point) =>
      `at ${Math.round(point.fraction * 100)} % ${number(point.runningLoss)}, ${share(point.trainAccuracy)}, ${share(point.devAccuracy)}`,
  )
  return `Curve (training loss, train and dev accuracy in %): ${lines.join('; ')}.`
}

/** What the model makes of dev pictures that were changed: whether a change leaves the class alone. */
function probesText({ n, right }: DevReport, probes: Readonly<Record<ProbeName, Probe>>): string {
  const known = (Object.entries(probes) as [ProbeName, Probe][]).filter(([, probe]) => probe.n >= LEAST_PROBED)
  if (known.length === 0 || n === 0) return 'Too few dev pictures to try changes of pictures on.'
  const isHarmless = ([, probe]: [ProbeName, Probe]) => probe.right / probe.n >= (HARMLESS * right) / n
  const safe = known.filter(isHarmless).map(([name]) => name)
  const harmful = known
    .filter((entry) => !isHarmless(entry))
    .map(([name, probe]) => `${name} ${formatPercent(probe.right / probe.n, 0)} (sure ${probe.confidence.toFixed(2)})`)
  return (
    `Label safety: of ${formatCount(known[0]?.[1].n ?? 0)} dev pictures ${formatPercent(right / n, 0)} right, and as many after ${safe.join(', ') || 'no change'}; ` +
    `fewer after ${harmful.join(', ') || 'none'}.`
  )
}

function classesText({ brief }: Evidence, dev: DevReport, isWithheld: boolean): string {
  const name = (index: number) => (isWithheld ? `class ${index}` : `${index} ${className(brief.classes[index] ?? '')}`)
  const worst = dev.perClass
    .map(({ count, right }, index) => ({ index, count, right }))
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => a.right / a.count - b.right / b.count || b.count - a.count)
    .slice(0, CLASSES_SHOWN)
  if (worst.length === 0) return 'Dev tells nothing of single classes.'
  return dataBlock('dev pictures by class', {
    'worst recall': worst.map(({ index, count, right }) => `${name(index)}: ${right} of ${count}`),
    'true -> taken for': dev.confusions
      .slice(0, CONFUSIONS_SHOWN)
      .map(([truth, predicted, count]) => `${name(truth)} -> ${name(predicted)}: ${count}`),
  })
}

function number(value: number | null): string {
  return value === null ? '-' : value.toFixed(2)
}

function share(value: number | null): string {
  return value === null ? '-' : (value * 100).toFixed(0)
}
