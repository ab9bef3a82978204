import { InvalidArgumentError } from 'commander'
import { nearestName } from '../core/names.ts'
import { METRIC_NAMES } from '../core/outcome.ts'
import type { MetricName } from '../core/outcome.ts'

/** Parsers of option values; what they throw becomes a usage error that names the option. */

export function parseSeconds(text: string): number {
  const value = parseNumber(text)
  if (!(value >= 1 && value <= 604_800)) throw new InvalidArgumentError('it must be a number of seconds, 1 to 604800')
  return value
}

export function parseSeed(text: string): number {
  const value = parseNumber(text)
  if (!(Number.isInteger(value) && value >= 0 && value < 2 ** 31))
    throw new InvalidArgumentError('it must be a whole number, 0 to 2147483647')
  return value
}

export function parseSeedCount(text: string): number {
  const value = parseNumber(text)
  if (!(Number.isInteger(value) && value >= 1 && value <= 100))
    throw new InvalidArgumentError('it must be a whole number, 1 to 100')
  return value
}

export function parseThreads(text: string): number {
  const value = parseNumber(text)
  if (!(Number.isInteger(value) && value >= 1 && value <= 1024))
    throw new InvalidArgumentError('it must be a whole number, 1 to 1024')
  return value
}

export function parseMetric(text: string): MetricName {
  const known = METRIC_NAMES.find((name) => name === text)
  if (known !== undefined) return known
  const near = nearestName(text, METRIC_NAMES)
  throw new InvalidArgumentError(`${near === null ? '' : `did you mean ${near}? `}it must be one of ${METRIC_NAMES.join(', ')}`)
}

function parseNumber(text: string): number {
  return /^[+-]?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN
}
