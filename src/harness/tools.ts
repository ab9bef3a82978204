import type { Limits } from '../sandbox/sandbox.ts'
import type { Machine } from '../core/machine.ts'
import type { Python } from './run-process.ts'
import type { Spares } from './spares.ts'

export type { Machine } from '../core/machine.ts'

/** The real parts that an evaluation is done with. */
export type Tools = Python & {
  /** Of the threads that `threads` says there are. */
  readonly machine: Machine
  /** Seconds that the smoke run may take, where it is not the usual limit. */
  readonly smokeSeconds?: number
  /** Limits of training and prediction that replace the usual ones. */
  readonly limits?: Partial<Limits>
  /** Processes that wait for their job; without them each training and prediction starts its own. */
  readonly spares?: Spares | undefined
}
