import type { StageFailure } from './failure.ts'
import { failureOfEnd, reportedFailure, stageFailure } from './failure.ts'
import type { Deadline } from './failure.ts'
import type { Stage } from '../core/outcome.ts'
import type { Limits } from '../sandbox/sandbox.ts'
import { BadEvent } from './events.ts'
import type { HarnessEvent } from './events.ts'
import type { Child } from './run-process.ts'

type Mode = 'train' | 'predict' | 'score'

/** Follows a process that may run foreign code through its stages; every end of it becomes a value. */
export class StagedChild<M extends Mode> {
  stage: Stage = 'start'
  private deadline: Deadline | null = null
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
    this.deadline = { seconds, expectedSeconds }
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.child.kill('timeout'), seconds * 1000)
  }

  /**
   * Hands each event to `onEvent` until it returns a value, which is the process's own account of its work; then waits for its end.
   * Throws what `signal` holds when the user stopped it.
   */
  async follow<T>(
    onEvent: (event: Exclude<HarnessEvent<M>, { type: 'failed' }>) => T | undefined,
    signal: AbortSignal,
  ): Promise<T | StageFailure> {
    try {
      const told = await this.listen(onEvent)
      clearTimeout(this.timer)
      const end = await this.child.end()
      signal.throwIfAborted()
      if (told !== undefined) return told
      return failureOfEnd(this.stage, end, this.limits, this.deadline, this.child.logTail())
    } catch (error) {
      if (!(error instanceof BadEvent)) throw error
      this.child.kill('aborted')
      return stageFailure(this.stage, 'bad-output', error.message, this.child.logTail())
    } finally {
      clearTimeout(this.timer)
    }
  }

  private async listen<T>(
    onEvent: (event: Exclude<HarnessEvent<M>, { type: 'failed' }>) => T | undefined,
  ): Promise<T | StageFailure | undefined> {
    for await (const event of this.child.events) {
      if (event.type === 'failed') return reportedFailure(event, this.stage, this.child.logTail())
      const told = onEvent(event as Exclude<HarnessEvent<M>, { type: 'failed' }>)
      if (told !== undefined) return told
    }
    return undefined
  }
}
