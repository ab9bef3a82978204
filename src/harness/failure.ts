import { formatBytes, formatSeconds } from '../core/format.ts'
import type { FailureKind, Stage } from '../core/outcome.ts'
import type { End, Limits } from '../sandbox/sandbox.ts'
import { printable } from '../core/names.ts'
import { failureKind } from './events.ts'
import type { FailedEvent } from './events.ts'

/** A failure of one stage of an evaluation; `evaluate` makes it an outcome. */
export type StageFailure = {
  readonly status: 'failed'
  readonly stage: Stage
  readonly kind: FailureKind
  readonly message: string
  readonly evidence: readonly string[]
  readonly logTail: string
}

/** A deadline that the host set on a stage, how long the stage was expected to take, and what share of it was done, where it says so. */
export type Deadline = { readonly seconds: number; readonly expectedSeconds: number | null; readonly share: number | null }

export function stageFailure(stage: Stage, kind: FailureKind, message: string, logTail: string): StageFailure {
  return { status: 'failed', stage, kind, message, evidence: [], logTail }
}

/** More of it than this helps nobody, and the process may say anything. */
const MAX_EVIDENCE = 8

/** What the process itself reported: the text is untrusted, kind and stage are taken only if they are known. */
export function reportedFailure(event: FailedEvent, stage: Stage, logTail: string): StageFailure {
  const message = event.fix ? `${event.message}; ${printable(event.fix)}` : event.message
  const evidence = (event.evidence ?? []).filter((line) => line.trim() !== '').slice(0, MAX_EVIDENCE)
  return { ...stageFailure(event.stage ?? stage, failureKind(event.kind), message, logTail), evidence }
}

/** What it means that a process ended within `stage` without saying that it finished. */
export function failureOfEnd(stage: Stage, end: End, limits: Limits, deadline: Deadline | null, logTail: string): StageFailure {
  const fail = (kind: FailureKind, message: string) => stageFailure(stage, kind, message, logTail)
  switch (end.reason) {
    case 'timeout':
      return fail('timeout', timeoutMessage(stage, end, deadline) + standing(logTail))
    case 'memory':
      return fail(
        'out-of-memory',
        `${stage} used more than ${formatBytes(limits.memoryBytes)} of memory; a smaller model, batch or input needs less`,
      )
    case 'processes':
      return fail(
        'processes',
        `${stage} started more than ${limits.processCount} processes; a pipeline starts none, the harness owns processes and threads`,
      )
    case 'disk':
      return fail(
        'disk',
        `${stage} wrote more than ${formatBytes(limits.outBytes)} of files; a pipeline writes none, the harness keeps the weights`,
      )
    case 'aborted':
      return fail('killed', `${stage} was stopped`)
    case 'exited':
      return fail('killed', exitMessage(stage, end) + standing(logTail))
  }
}

function timeoutMessage(stage: Stage, end: End, deadline: Deadline | null): string {
  const seconds = deadline?.seconds ?? end.wallSeconds
  const done = deadline?.share == null ? '' : ` with ${Math.floor(100 * deadline.share)} % done`
  const expected = deadline?.expectedSeconds ?? null
  if (expected === null) return `${stage} was stopped after ${formatSeconds(seconds)} without finishing`
  const times = (seconds / expected).toPrecision(2)
  return `${stage} was stopped after ${formatSeconds(seconds)}${done}, ${times} times its expected ${formatSeconds(expected)}`
}

function exitMessage(stage: Stage, end: End): string {
  if (end.signal === 'SIGSEGV') return `${stage} crashed the Python process (segmentation fault)`
  if (end.signal === 'SIGKILL') return `${stage} was killed by SIGKILL, sent by its own code or by the system when memory ran out`
  if (end.signal !== null) return `${stage} was killed by ${end.signal}`
  // bubblewrap and shells report a child's death by signal n as exit code 128 + n.
  if (end.exitCode === 128 + 11) return `${stage} crashed the Python process (segmentation fault)`
  if (end.exitCode === 128 + 9) return `${stage} was killed by SIGKILL, which the system does when memory runs out`
  if (end.exitCode === 0) return `the process ended during ${stage} without finishing it; code must not call exit`
  return `the process ended during ${stage} with exit code ${end.exitCode} before finishing it`
}

/** A stack in the log, as Python writes it before a deadline or at a crash: innermost call first. */
const FRAME_OF_PIPELINE = /File "[^"]*?((?:data|model|training)\.py)", line (\d+) in (\w+)/

/** Where in the pipeline's own files a process stood when it hung or crashed; empty when its log does not say. */
function standing(logTail: string): string {
  const stack = Math.max(logTail.lastIndexOf('Timeout ('), logTail.lastIndexOf('Fatal Python error'))
  const found = stack < 0 ? null : FRAME_OF_PIPELINE.exec(logTail.slice(stack))
  return found === null ? '' : `; it was in ${found[1]} line ${found[2]} (${found[3]})`
}
