import { COMPONENTS } from '../core/pipeline.ts'
import type { Component } from '../core/pipeline.ts'
import type { Change, Evidence, Proposal, Team } from '../core/team.ts'

/** Decides which components a trial may change, and asks the team for the change. */
export type Strategy = {
  readonly name: string
  /** The components that this strategy's proposals may differ in, all together. */
  readonly scope: 'one component' | 'all components'
  /** Null when nothing is left to try. */
  readonly propose: (team: Team, evidence: Evidence, signal: AbortSignal) => Promise<Proposal | null>
}

/** The paper's: the Analyst names one component, its engineer rewrites that one. */
export const iterative: Strategy = {
  name: 'iterative',
  scope: 'one component',
  propose: async (team, evidence, signal) => {
    const diagnosis = await team.analyst(evidence, signal)
    if (diagnosis === null) return null
    const change = await team.engineers[diagnosis.component]({ diagnosis, evidence }, signal)
    return change === null ? null : { diagnosis, changes: { [diagnosis.component]: change } }
  },
}

/**
 * Draws all three components independently from what `sample` ranges over; nobody looks at the evidence. A component that was drawn as
 * it is in the best is no change.
 */
export function random(sample: (draw: number) => Readonly<Record<Component, Change>> | null): Strategy {
  return {
    name: 'random',
    scope: 'all components',
    propose: (_team, { past, best }) => {
      const sampled = sample(past.length)
      if (sampled === null) return Promise.resolve(null)
      const drawn = Object.entries(sampled) as [Component, Change][]
      const changes = Object.fromEntries(drawn.filter(([component, { source }]) => source !== best.pipeline[component]))
      return Promise.resolve({ diagnosis: null, changes })
    },
  }
}

/**
 * The components that the next proposal may touch, to be asked for one after another until there is a proposal: all at once where the
 * Analyst chooses, else each by itself, beginning with the one whose turn it is (an ablation).
 */
export function turnsOf(pick: 'analyst' | 'round-robin', proposals: number): readonly (readonly Component[])[] {
  if (pick === 'analyst') return [COMPONENTS]
  const first = proposals % COMPONENTS.length
  return [...COMPONENTS.slice(first), ...COMPONENTS.slice(0, first)].map((component) => [component])
}
