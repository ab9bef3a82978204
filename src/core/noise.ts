import { formatPercent, plural } from './format.ts'
import { formatGain, gainUnit, METRIC_SCALES } from './metric-scale.ts'
import type { MetricName } from './outcome.ts'
import { estimateSeedDeviation } from './seed-deviation.ts'
import { smallestVisibleGain } from './statistics.ts'

export type NoiseFacts = {
  readonly metric: MetricName
  /** Images of one evaluation. */
  readonly images: number
  /** Of each of the two pipelines. */
  readonly seeds: number
  /** Variance over images of the difference between two equal pipelines (accuracy: share on which they disagree); null: not measured. */
  readonly imageVariance: number | null
  /** Deviation of the metric of one evaluation over seeds; null: not measured. */
  readonly seedDeviation: number | null
}

/** The noise card as one sentence: how small a gain can be seen here, and from what that follows. */
export function noiseSentence(facts: NoiseFacts): string {
  const { metric, images, seeds } = facts
  const imageVariance = facts.imageVariance ?? METRIC_SCALES[metric].imageVariance
  const seedDeviation = facts.seedDeviation ?? estimateSeedDeviation([], metric)
  const gain = formatGain(metric, smallestVisibleGain(images, seeds, { imageVariance, seedDeviation }))
  const unit = gainUnit(metric)
  return (
    `with ${plural(images, 'image')} and ${plural(seeds, 'seed')} gains below ${gain} ${unit} cannot be told from luck: ` +
    `${describeImages(metric, imageVariance)} (${source(facts.imageVariance)}), ` +
    `another seed moves the metric by ${formatGain(metric, seedDeviation)} ${unit} (${source(facts.seedDeviation)})`
  )
}

function describeImages(metric: MetricName, imageVariance: number): string {
  if (metric === 'accuracy') return `two equal pipelines disagree on ${formatPercent(imageVariance)} of the images`
  const spread = formatGain(metric, Math.sqrt(imageVariance))
  return `two equal pipelines differ by ${spread} ${gainUnit(metric)} on a typical image`
}

function source(measured: number | null): string {
  return measured === null ? 'assumed' : 'measured'
}
