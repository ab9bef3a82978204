import { machineWith } from './machine.ts'
import type { Machine } from './machine.ts'

/** Trainings that run side by side, and how each of them uses the machine. */
export type Round = {
  readonly count: number
  readonly machine: Machine
  /** Speed of each training against those of the first round. */
  readonly speedup: number
}

/** Side by side is left out for less than this gain: the rates are those of one training that had the machine for itself. */
const MIN_GAIN = 1.05

/**
 * Shares the cores out among trainings of equally many steps so that all of them end soonest. Small nets do not use two threads twice
 * as well as one, so that two trainings on one thread each beat one after the other on two; what is left for a last round that would
 * leave cores idle runs on more threads.
 */
export function planRounds(trainings: number, machine: Machine, cores: number): readonly Round[] {
  const counts = [...new Set([machine.threads, ...(machine.rates ?? []).map((rate) => rate.threads)])]
  const alone = repeat(trainings, { count: 1, machine: machineWith(machine, machine.threads) ?? machine, speedup: 1 })
  const plans = counts.flatMap((threads) => planWith(trainings, machine, cores, threads))
  const best = plans.toSorted((a, b) => duration(a) - duration(b))[0]
  return best !== undefined && duration(best) * MIN_GAIN < duration(alone) ? best : alone
}

/** Wall seconds of one training of the first round when all rounds together have `trainSeconds`. */
export function secondsOfTraining(trainSeconds: number, rounds: readonly Round[]): number {
  return trainSeconds / roundsFrom(rounds, 0)
}

/** What a pipeline is told of its training: the same for all folds, so that all of them build the same net. */
export function shareOfTraining(
  trainSeconds: number,
  trainings: number,
  machine: Machine,
  cores: number,
): { readonly trainSeconds: number; readonly machine: Machine; readonly atOnce: number } {
  const rounds = planRounds(trainings, machine, cores)
  const [first] = rounds
  if (first === undefined) throw new Error('a share of no trainings')
  return { trainSeconds: secondsOfTraining(trainSeconds, rounds), machine: first.machine, atOnce: first.count }
}

/** How long the rounds from `index` on last, in trainings of the first round. */
export function roundsFrom(rounds: readonly Round[], index: number): number {
  return rounds.slice(index).reduce((total, round) => total + 1 / round.speedup, 0)
}

/** As many at once as fit with `threads` each; the rest with as many threads as it can have. */
function planWith(trainings: number, machine: Machine, cores: number, threads: number): Round[][] {
  const each = machineWith(machine, threads)
  const lanes = Math.min(trainings, Math.floor(cores / threads))
  if (each === null || lanes < 1) return []
  const full = repeat(Math.floor(trainings / lanes), { count: lanes, machine: each, speedup: 1 })
  const left = trainings % lanes
  if (left === 0) return [full]
  const last = fastestFor(left, machine, cores) ?? each
  return [[...full, { count: left, machine: last, speedup: last.referenceSpeed / each.referenceSpeed }]]
}

function fastestFor(trainings: number, machine: Machine, cores: number): Machine | null {
  const ways = [machine, ...(machine.rates ?? [])]
    .filter(({ threads }) => threads * trainings <= cores)
    .map(({ threads }) => machineWith(machine, threads))
    .filter((way) => way !== null)
  return ways.toSorted((a, b) => b.referenceSpeed - a.referenceSpeed)[0] ?? null
}

/** In units of work for the reference net. */
function duration(rounds: readonly Round[]): number {
  return rounds.reduce((total, { machine }) => total + 1 / machine.referenceSpeed, 0)
}

function repeat(count: number, round: Round): Round[] {
  return Array.from({ length: count }, () => round)
}
