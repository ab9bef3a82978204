import type { Failed } from '../core/outcome.ts'

const LOG_LINES = 15

/** Stage and message of a failed trial, what else was found, and the end of its log. */
export function failureLines({ stage, message, evidence, logTail }: Failed): string[] {
  const log = logTail.trimEnd().split('\n').slice(-LOG_LINES)
  return [
    `failed: ${stage}, ${message}`,
    ...evidence.map((line) => `  ${line}`),
    ...log.filter((line) => line !== '').map((line) => `  | ${line}`),
  ]
}
