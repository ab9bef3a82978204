import { COMPONENTS } from '../../src/core/pipeline.ts'
import type { Component } from '../../src/core/pipeline.ts'
import type { Change, Evidence, Memos, PastTrial, Team } from '../../src/core/team.ts'

/** True gain in points of a change, as the simulated world has it. */
export type World = (change: Change, component: Component, memos: Memos) => number

export type SimulatedTrial = {
  readonly component: Component
  readonly change: Change
  readonly gain: number
  readonly isKept: boolean
}

/** A run without trainings: each change gains what the world says, measured with noise, and is kept when that looks like a gain. */
export async function simulateRun(
  team: Pick<Team, 'analyst' | 'engineers'>,
  start: Evidence,
  world: World,
  { trials, noise, roundRobin = false }: { readonly trials: number; readonly noise: () => number; readonly roundRobin?: boolean },
): Promise<SimulatedTrial[]> {
  const signal = new AbortController().signal
  const done: SimulatedTrial[] = []
  const past: PastTrial[] = []
  let best = start.best
  let sinceKept = 0
  for (let trial = 1; trial <= trials; trial++) {
    const turn = COMPONENTS[(trial - 1) % COMPONENTS.length]
    const allowed = roundRobin && turn !== undefined ? [turn] : COMPONENTS
    const evidence: Evidence = { ...start, best, past: [...past], sinceKept, trialsLeft: trials - trial, allowed }
    const diagnosis = await team.analyst(evidence, signal)
    if (diagnosis === null) break
    const { component } = diagnosis
    const change = await team.engineers[component]({ diagnosis, evidence }, signal)
    if (change === null) break
    const gain = world(change, component, best.memos)
    const delta = (gain + noise()) / 100
    const isKept = delta > 0.0005
    done.push({ component, change, gain, isKept })
    past.push(pastOf(trial, best.trial, component, change, delta, isKept))
    sinceKept = isKept ? 0 : sinceKept + 1
    if (!isKept) continue
    const valScore = Math.min(0.999, best.valScore + gain / 100)
    best = { ...best, trial, valScore, memos: { ...best.memos, [component]: change.memo } }
  }
  return done
}

function pastOf(trial: number, base: number, component: Component, change: Change, delta: number, isKept: boolean): PastTrial {
  const { title, kind, fingerprint } = change
  const decision = isKept ? 'kept' : 'rejected'
  const result = { status: 'scored', decision, delta, low: delta - 0.006, high: delta + 0.006, costRatio: 1 } as const
  return { trial, base, components: [component], title, kind, fingerprint, bottleneck: null, predictedGain: 0, result }
}
