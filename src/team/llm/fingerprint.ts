import { createHash } from 'node:crypto'
import type { Component } from '../../core/pipeline.ts'
import type { Evidence, PastTrial } from '../../core/team.ts'
import { normalLines } from './normal-code.ts'

const LENGTH = 20

/**
 * Two words that are equal where two changes come to the same: one for the file as it is then, one for the lines that the change takes
 * out and puts in, whatever else the file holds.
 */
export function fingerprintOf(component: Component, source: string, base: string): string {
  const [now, before] = [normalLines(source), normalLines(base)]
  return `${component}:${hash(now)} ${component}~${hash(effectOf(now, before))}`
}

export function isSameCode(a: string, b: string): boolean {
  return normalLines(a).join('\n') === normalLines(b).join('\n')
}

/**
 * The newest past trial that was this change, unless it deserves another look: what was kept or came near may do more on another
 * pipeline than the one it was tried on.
 */
export function findEarlier(fingerprint: string, { past, best }: Pick<Evidence, 'past' | 'best'>): PastTrial | null {
  const words = new Set(fingerprint.split(' '))
  const same = past.filter((trial) => trial.fingerprint.split(' ').some((word) => words.has(word)))
  return same.findLast((trial) => !mayComeAgain(trial, best.trial)) ?? null
}

function mayComeAgain({ base, result }: PastTrial, bestTrial: number): boolean {
  if (base === bestTrial || result.status === 'failed') return false
  return result.decision === 'kept' || result.high > 0
}

/** Lines out and lines in; a mere change of order is the whole file. */
function effectOf(now: readonly string[], before: readonly string[]): string[] {
  const [added, removed] = [missingIn(before, now), missingIn(now, before)]
  const isOrderOnly = added.length === 0 && removed.length === 0
  return isOrderOnly ? ['order', ...now] : [...removed.map((line) => `- ${line}`), ...added.map((line) => `+ ${line}`)]
}

function missingIn(lines: readonly string[], wanted: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1)
  return wanted.filter((line) => {
    const left = counts.get(line) ?? 0
    counts.set(line, left - 1)
    return left <= 0
  })
}

function hash(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, LENGTH)
}
