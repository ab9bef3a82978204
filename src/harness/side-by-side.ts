import type { Throughput } from '../core/step-budget.ts'
import { mean } from '../core/statistics.ts'
import type { StageFailure } from './failure.ts'

/**
 * Runs tasks at the same time. The first failure stops the others and is the result; so does the first error, which is thrown, and the
 * user's stop, whose reason is. In every case all tasks have ended afterwards.
 */
export async function runSideBySide<T extends { readonly status: 'predicted' }>(
  tasks: readonly ((signal: AbortSignal) => Promise<T | StageFailure>)[],
  signal: AbortSignal,
): Promise<readonly T[] | StageFailure> {
  const stop = new AbortController()
  const inner = AbortSignal.any([signal, stop.signal])
  const results: T[] = []
  let failure: StageFailure | undefined
  let thrown: { readonly error: unknown } | undefined
  const run = async (task: (typeof tasks)[number], index: number): Promise<void> => {
    try {
      const result = await task(inner)
      if (result.status === 'failed') failure ??= result
      else results[index] = result
    } catch (error) {
      thrown ??= { error }
    }
    if (failure !== undefined || thrown !== undefined) stop.abort(new Error('another part of this evaluation has ended it'))
  }
  await Promise.all(tasks.map(run))
  signal.throwIfAborted()
  // What stopped the others came first: an error after a failure is only the echo of the stop.
  if (failure !== undefined) return failure
  if (thrown !== undefined) throw thrown.error
  return results
}

/** Trainings that begin together measure their speed beside each other and go by the mean, so that all make the same steps. */
export class PaceAgreement {
  private readonly measured: Throughput[] = []
  private readonly settled: Promise<void>
  private settle: () => void = () => {}
  private expected: number

  constructor(trainings: number) {
    this.expected = trainings
    this.settled = new Promise((resolve) => {
      this.settle = resolve
    })
  }

  /** One of the trainings; it has to `leave` when it ends, since the others wait for it. */
  join(): { readonly agree: (own: Throughput) => Promise<Throughput>; readonly leave: () => void } {
    let isExpected = true
    const leave = (): void => {
      if (isExpected) this.expected -= 1
      isExpected = false
      if (this.expected === 0) this.settle()
    }
    const agree = async (own: Throughput): Promise<Throughput> => {
      this.measured.push(own)
      leave()
      await this.settled
      const cpuSeconds = this.measured.map((each) => each.cpuSecondsPerImage).filter((each) => each !== null)
      return {
        batchSize: own.batchSize,
        imagesPerSecond: mean(this.measured.map((each) => each.imagesPerSecond)),
        cpuSecondsPerImage: cpuSeconds.length === 0 ? null : mean(cpuSeconds),
      }
    }
    return { agree, leave }
  }
}
