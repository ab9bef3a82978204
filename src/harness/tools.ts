import type { Limits } from '../sandbox/sandbox.ts'
import type { Python } from './run-process.ts'

/** What the micro-benchmark chose for this machine. */
export type Machine = {
  readonly device: string
  readonly threads: number
  readonly dtype: 'float32' | 'bfloat16' | 'float16'
  readonly channelsLast: boolean
  readonly referenceSpeed: number
}

/** The real parts that an evaluation is done with. */
export type Tools = Python & {
  readonly machine: Machine
  /** Seconds that the smoke run may take, where it is not the usual limit. */
  readonly smokeSeconds?: number
  /** Limits of training and prediction that replace the usual ones. */
  readonly limits?: Partial<Limits>
}
