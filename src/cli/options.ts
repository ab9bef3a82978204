import { InvalidArgumentError } from 'commander'
import { nearestName } from '../core/names.ts'
import { METRIC_NAMES } from '../core/outcome.ts'
import { COMPONENTS } from '../core/pipeline.ts'
import type { Component } from '../core/pipeline.ts'
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

/** "90s", "20m", "1h30m" in seconds. */
export function parseDuration(text: string): number {
  const parts = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?:in)?)?(?:(\d+(?:\.\d+)?)s)?$/.exec(text.trim().replaceAll(' ', ''))
  const [hours, minutes, seconds] = [parts?.[1], parts?.[2], parts?.[3]].map((part) => Number(part ?? 0))
  const total = (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)
  if (parts === null || !(total >= 30 && total <= 30 * 86_400))
    throw new InvalidArgumentError('it must be a time with its unit, such as 90s, 20m or 1h30m, 30 s to 30 days')
  return total
}

export function parseCount(text: string): number {
  const value = parseNumber(text)
  if (!(Number.isInteger(value) && value >= 1 && value <= 10_000))
    throw new InvalidArgumentError('it must be a whole number, 1 to 10000')
  return value
}

export function parseRepairs(text: string): number {
  const value = parseNumber(text)
  if (!(Number.isInteger(value) && value >= 0 && value <= 5)) throw new InvalidArgumentError('it must be a whole number, 0 to 5')
  return value
}

export function parseTokens(text: string): number {
  const value = parseNumber(text)
  if (!(Number.isInteger(value) && value >= 1000)) throw new InvalidArgumentError('it must be a whole number, 1000 or more')
  return value
}

export function parseTimes(text: string): number {
  const value = parseNumber(text)
  if (!(value >= 1 && value <= 100)) throw new InvalidArgumentError('it must be a number, 1 to 100')
  return value
}

export function parseTarget(text: string): number {
  const value = parseNumber(text)
  if (!(value > 0)) throw new InvalidArgumentError('it must be a share, such as 0.95 for 95 %, or nats of log loss')
  return value
}

/** One more component of an option that may be given again. */
export function collectComponent(text: string, earlier: readonly Component[] | undefined): readonly Component[] {
  const known = COMPONENTS.find((name) => name === text)
  if (known === undefined) throw new InvalidArgumentError(`it must be one of ${COMPONENTS.join(', ')}`)
  return [...(earlier ?? []), known]
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

export function parseMoney(text: string): number {
  const value = parseNumber(text)
  if (!(value > 0 && value <= 1_000_000)) throw new InvalidArgumentError('it must be an amount of USD, such as 2.50')
  return value
}
