import { COMPONENTS } from '../core/pipeline.ts'
import type { Component } from '../core/pipeline.ts'
import type { Alone, Change, Evidence, Proposal, Team } from '../core/team.ts'

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

/** One prompt does all five jobs and changes one component: shows what it is worth to have roles. */
export const singleRole: Strategy = {
  name: 'single-role',
  scope: 'one component',
  propose: (team, evidence, signal) => aloneOf(team).single(evidence, signal),
}

/** Every file may change at once, with the same evidence: shows what it is worth to change one component at a time. */
export const allAtOnce: Strategy = {
  name: 'all-at-once',
  scope: 'all components',
  propose: (team, evidence, signal) => aloneOf(team).anything(evidence, signal),
}

/** Independent whole pipelines from the task alone, of which the best is taken: shows what it is worth to look at results. */
export const zeroShot: Strategy = {
  name: 'zero-shot',
  scope: 'all components',
  propose: async (team, { brief, past, best }, signal) => {
    const draw = past.length + 1
    const { design, pipeline, memos } = await aloneOf(team).afresh(brief, draw, signal)
    const changed = COMPONENTS.filter((component) => pipeline[component] !== best.pipeline[component])
    const change = (component: Component): Change => ({
      title: `${component} of answer ${draw + 1}`,
      kind: 'afresh',
      source: pipeline[component],
      rationale: design,
      fingerprint: `${component} ${draw}`,
      memo: memos[component],
      labelSafety: null,
    })
    return { diagnosis: null, changes: Object.fromEntries(changed.map((component) => [component, change(component)])) }
  },
}

function aloneOf({ alone, name }: Team): Alone {
  if (alone === undefined) throw new Error(`the team ${name} works in its five roles only`)
  return alone
}

/**
 * Draws all three components independently from what `sample` ranges over; nobody looks at the evidence. A component that was drawn as
 * it is in the best is no change.
 */
export function random(sample: (draw: number) => Readonly<Record<Component, Change>> | null): Strategy {
  return {
    name: 'random',
    scope: 'all components',
    propose: (_team, { past, best, allowed }) => {
      const sampled = sample(past.length)
      if (sampled === null) return Promise.resolve(null)
      const drawn = Object.entries(sampled) as [Component, Change][]
      const isChange = ([component, { source }]: [Component, Change]) =>
        allowed.includes(component) && source !== best.pipeline[component]
      const changes = Object.fromEntries(drawn.filter(isChange))
      return Promise.resolve({ diagnosis: null, changes })
    },
  }
}

/**
 * The components that the next proposal may touch, to be asked for one after another until there is a proposal: all at once where the
 * Analyst chooses, else each by itself, beginning with the one whose turn it is (an ablation).
 */
export function turnsOf(
  pick: 'analyst' | 'round-robin',
  components: readonly Component[],
  proposals: number,
): readonly (readonly Component[])[] {
  if (pick === 'analyst') return [components]
  const first = proposals % components.length
  return [...components.slice(first), ...components.slice(0, first)].map((component) => [component])
}
