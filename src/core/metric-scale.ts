import { plural } from './format.ts'
import type { MetricName } from './outcome.ts'

type Scale = {
  /**
   * What moves as much as one point of accuracy does. Thresholds of the keep rule are points of accuracy times this: between seeds of
   * one pipeline the log loss spread by 0.023 and 0.025 nats, the area under the curve by 0.0014 and 0.0003, for each point by which
   * accuracy did (Fashion-MNIST with 8,750 pictures, ORL faces).
   */
  readonly point: number
  /**
   * Variance over images of the difference in credit between two equally good pipelines, one seed each; for accuracy that is the share
   * of images on which they disagree. Typical values, used until there is a measurement.
   */
  readonly imageVariance: number
  /** Whether one image more that is right moves it by about 1/n. */
  readonly countsImages: boolean
}

const SHARE: Scale = { point: 0.01, imageVariance: 0.12, countsImages: true }

export const METRIC_SCALES: Readonly<Record<MetricName, Scale>> = {
  accuracy: SHARE,
  'balanced-accuracy': SHARE,
  'macro-f1': SHARE,
  auc: { point: 0.001, imageVariance: 0.001, countsImages: false },
  'log-loss': { point: 0.025, imageVariance: 0.12, countsImages: false },
}

/** A difference as a number for a person, without unit and without sign where it is not below 0: 0.0183 -> "1.8". */
export function formatGain(metric: MetricName, gain: number): string {
  if (metric === 'log-loss') return plain(gain, 3)
  const isSmall = metric === 'auc' || (gain !== 0 && Math.abs(gain) < 0.000_95)
  return plain(gain * 100, isSmall ? 2 : 1)
}

/** 0.0183 -> "+1.8", -0.002 -> "-0.2", 0 -> "0.0". */
export function formatSignedGain(metric: MetricName, gain: number): string {
  const text = formatGain(metric, gain)
  return gain > 0 && Number(text) !== 0 ? `+${text}` : text
}

/** The word after a difference: points of the metric, or nats of log loss. */
export function gainUnit(metric: MetricName): string {
  return metric === 'log-loss' ? 'nats' : 'points'
}

/** "1 seed", "3 seeds". */
export function seedsText(candidate: number, best: number): string {
  return candidate === best ? plural(candidate, 'seed') : `${plural(candidate, 'seed')} against ${best}`
}

/** Never "-0.0". */
function plain(value: number, digits: number): string {
  const text = value.toFixed(digits)
  return Number(text) === 0 ? (0).toFixed(digits) : text
}
