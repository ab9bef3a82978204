import { failureOfEnd, reportedFailure, stageFailure } from './failure.ts'
import type { Deadline, StageFailure } from './failure.ts'
import type { Stage } from '../core/outcome.ts'
import { extendDeadline } from '../core/step-budget.ts'
import type { Limits } from '../sandbox/sandbox.ts'
import { BadEvent } from './events.ts'
import type { FailedEvent, HarnessEvent } from './events.ts'
import type { Child } from './run-process.ts'

/** Node runs a timer of more milliseconds than this at once. */
const LONGEST_TIMER = 2 ** 31 - 1

type Mode = 'train' | 'predict' | 'score' | 'classify'
type WorkEvent<M extends Mode> = Exclude<HarnessEvent<M>, { type: 'failed' }>
type Told<T> = { readonly value: T } | { readonly failed: FailedEvent } | BadEvent | undefined

/** Follows a process that may run foreign code through its stages; every end of it becomes a value. */
export class StagedChild<M extends Mode> {
  stage: Stage = 'start'
  private deadline: Deadline | null = null
  private entered = 0
  /** Seconds that the stage was given when it began. */
  private given = 0
  private timer: NodeJS.Timeout | undefined
  private readonly child: Child<M>
  private readonly limits: Limits

  constructor(child: Child<M>, limits: Limits) {
    this.child = child
    this.limits = limits
  }

  /** Begins a stage that has to end within the seconds given. */
  enter(stage: Stage, seconds: number, expectedSeconds: number | null = null): void {
    this.stage = stage
    this.entered = performance.now()
    this.given = seconds
    this.deadline = { seconds, expectedSeconds, share: null }
    this.endIn(seconds)
  }

  /** The stage did a share of its work, 0..1 exclusive: a slow one that goes on is given longer. */
  advance(share: number): void {
    if (this.deadline === null) return
    const elapsed = (performance.now() - this.entered) / 1000
    const seconds = extendDeadline(this.given, elapsed, share)
    this.deadline = { ...this.deadline, seconds, share }
    this.endIn(seconds - elapsed)
  }

  private endIn(seconds: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.child.kill('timeout'), Math.min(Math.max(0, seconds * 1000), LONGEST_TIMER))
  }

  /**
   * Hands one event after another to `onEvent` until it returns a value, which is the process's own account of its work; then waits for its end.
   * Throws what `signal` holds when the user stopped it.
   */
  async follow<T>(
    onEvent: (event: WorkEvent<M>) => T | undefined | Promise<T | undefined>,
    signal: AbortSignal,
  ): Promise<T | StageFailure> {
    const told = await this.listen(onEvent).finally(() => clearTimeout(this.timer))
    if (told instanceof BadEvent) this.child.kill('aborted')
    const end = await this.child.end()
    signal.throwIfAborted()
    const log = this.child.logTail()
    if (told instanceof BadEvent) return stageFailure(this.stage, 'bad-output', told.message, log)
    if (told === undefined) return failureOfEnd(this.stage, end, this.limits, this.deadline, log)
    return 'failed' in told ? reportedFailure(told.failed, this.stage, log) : told.value
  }

  private async listen<T>(onEvent: (event: WorkEvent<M>) => T | undefined | Promise<T | undefined>): Promise<Told<T>> {
    try {
      for await (const event of this.child.events) {
        if (event.type === 'failed') return { failed: event }
        const value = await onEvent(event as WorkEvent<M>)
        if (value !== undefined) return { value }
      }
      return undefined
    } catch (error) {
      if (error instanceof BadEvent) return error
      throw error
    }
  }
}
