import { formatSignedGain } from '../../core/metric-scale.ts'
import type { MetricName } from '../../core/outcome.ts'
import { mean } from '../../core/statistics.ts'
import type { PastTrial } from '../../core/team.ts'
import { plainText } from './fence.ts'

/** Characters of English and code that a token stands for; a rough figure that errs on the safe side for both. */
export const CHARACTERS_A_TOKEN = 3.6
const NEWEST = 5
const TITLE = 90
const MESSAGE = 160

/**
 * What came of all past proposals, as lines: the newest and the kept ones in full, older ones that brought nothing by component and kind.
 * Depends on the trials alone, and is at most `tokens` long: what does not fit becomes shorter, oldest first.
 */
export function lessonLines(past: readonly PastTrial[], metric: MetricName, tokens: number): string[] {
  const limit = tokens * CHARACTERS_A_TOKEN
  for (let newest = NEWEST; newest >= 1; newest--)
    for (const titles of [3, 0]) {
      const lines = linesWith(past, metric, { newest, titles })
      if (lengthOf(lines) <= limit) return lines
    }
  return fitted(linesWith(past, metric, { newest: 1, titles: 0 }), limit)
}

type Detail = { readonly newest: number; readonly titles: number }

function linesWith(past: readonly PastTrial[], metric: MetricName, { newest, titles }: Detail): string[] {
  const isFull = (trial: PastTrial, index: number) => index >= past.length - newest || isKept(trial)
  const full = past.filter(isFull)
  const old = past.filter((trial, index) => !isFull(trial, index))
  const names = [...new Set(old.map(groupOf))]
  return [
    ...names.map((name) =>
      groupLine(
        name,
        old.filter((trial) => groupOf(trial) === name),
        metric,
        titles,
      ),
    ),
    ...full.map((trial) => fullLine(trial, metric)),
  ]
}

function groupOf({ components, kind }: PastTrial): string {
  return components.length === 0 ? 'no valid reply' : `${components.join('+')}/${kind || 'other'}`
}

/** "7 on 4, training/rate: twice the rate: rejected -0.3 (-0.9..+0.3)". */
function fullLine({ trial, base, components, kind, title, result }: PastTrial, metric: MetricName): string {
  const what = components.length === 0 ? 'no proposal' : `${components.join('+')}/${kind}: ${plainText(title, TITLE)}`
  const head = `${trial} on ${base}, ${what}`
  if (result.status === 'failed') return `${head}: failed, ${plainText(result.message.split('\n')[0] ?? '', MESSAGE)}`
  const [delta, low, high] = [result.delta, result.low, result.high].map((value) => formatSignedGain(metric, value))
  const cost = Math.abs(result.costRatio - 1) < 0.1 ? '' : `, a step ${result.costRatio.toFixed(1)} times as dear`
  return `${head}: ${result.decision} ${delta} (${low}..${high})${cost}`
}

function groupLine(name: string, trials: readonly PastTrial[], metric: MetricName, titles: number): string {
  const deltas = trials.flatMap(({ result }) => (result.status === 'scored' ? [result.delta] : []))
  const failed = trials.length - deltas.length
  const [average, best] = [mean(deltas), Math.max(...deltas)].map((value) => formatSignedGain(metric, value))
  const scored = deltas.length === 0 ? '' : `${deltas.length} rejected, mean ${average}, best ${best}`
  const counts = [scored, failed === 0 ? '' : `${failed} failed`].filter((text) => text !== '').join(', ')
  const named = titles === 0 ? [] : trials.slice(-titles).map(({ title }) => plainText(title, TITLE / 2))
  return `older ${name}: ${counts}${named.length === 0 ? '' : ` (${named.join('; ')})`}`
}

/** The last lines that fit, each cut where even one is too long. */
function fitted(lines: readonly string[], limit: number): string[] {
  const kept: string[] = []
  for (const line of lines.toReversed()) {
    const room = limit - lengthOf(kept)
    if (room < 40) break
    kept.unshift(plainText(line, Math.floor(room) - 1))
  }
  return kept
}

function isKept({ result }: PastTrial): boolean {
  return result.status === 'scored' && result.decision === 'kept'
}

function lengthOf(lines: readonly string[]): number {
  return lines.reduce((total, line) => total + line.length + 1, 0)
}
