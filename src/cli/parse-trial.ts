import { InvalidArgumentError } from 'commander'
import { UsageError } from '../core/errors.ts'
import type { RunState, TrialState } from '../core/run-state.ts'

/** "7", "#7" or "0007". */
export function parseTrial(text: string): number {
  const digits = /^#?(\d{1,6})$/.exec(text.trim())?.[1]
  if (digits === undefined) throw new InvalidArgumentError('it must be the number of a trial, such as 4')
  return Number(digits)
}

/** The trial with that number, which must have been proposed. */
export function pickTrial({ trials }: RunState, number: number): TrialState {
  const trial = trials[number]
  if (trial !== undefined) return trial
  const found = trials.length === 0 ? 'none yet' : `0 to ${trials.length - 1}`
  throw new UsageError(`there is no trial ${number} in this run`, { evidence: [`trials  ${found}`], fix: 'name one of these' })
}
