import { ExternalError } from '../core/errors.ts'
import type { Failed } from '../core/outcome.ts'

const LOG_LINES = 15
/** Who classifies pictures did not write the pipeline: the sentence says most, and little of the log is for them. */
const CLASSIFIER_LOG_LINES = 8

/** Stage and message of a failed trial, what else was found, and the end of its log. */
export function failureLines({ stage, message, evidence, logTail }: Failed): string[] {
  return [
    `failed: ${stage}, ${message}`,
    ...evidence.map((line) => `  ${line}`),
    ...logLines(logTail.trimEnd().split('\n').slice(-LOG_LINES)).map((line) => `  ${line}`),
  ]
}

/** The failure of a classifier: its sentence, what else was found, and the end of its log without Python's stacks. */
export function classifierError({ message, evidence, logTail }: Pick<Failed, 'message' | 'evidence' | 'logTail'>): ExternalError {
  const log = withoutStacks(logTail.split('\n')).filter((line) => !message.endsWith(line) && !line.endsWith(message))
  return new ExternalError('environment', `the classifier could not be run: ${message}`, {
    evidence: [...evidence, ...logLines(log.slice(-CLASSIFIER_LOG_LINES))],
    fix: 'improve doctor checks this machine; if it finds nothing, train the classifier again',
  })
}

function logLines(lines: readonly string[]): string[] {
  return lines.filter((line) => line !== '').map((line) => `| ${line}`)
}

const STACK_HEAD = 'Traceback (most recent call last):'
const STACK_LINK =
  /^(The above exception was the direct cause of the following exception|During handling of the above exception, another exception occurred):$/

/** Leaves out the frames of each traceback, not the line that names the exception. */
function withoutStacks(lines: readonly string[]): string[] {
  let isInside = false
  return lines.filter((line) => {
    isInside = line === STACK_HEAD || (isInside && /^\s/.test(line))
    return !isInside && !STACK_LINK.test(line)
  })
}
