import type { Component } from '../../core/pipeline.ts'
import type { Brief } from '../../core/team.ts'
import type { Measurement } from './measured.ts'
import type { Move, Situation } from './move.ts'

/** Whether a change of the pictures leaves their meaning alone; `unknown` when nothing speaks for it and nothing against it. */
export type Safety = { readonly verdict: 'safe' | 'doubtful' | 'refused' | 'unknown'; readonly finding: string }

/** A move as applied to one design: what the Analyst weighs and an engineer carries out. */
export type Option = {
  /** The move with its cost for this design. */
  readonly move: Omit<Move<never>, 'apply' | 'cost'> & { readonly cost: number }
  readonly fingerprint: string
  /** Null where the move cannot alter what a picture means. */
  readonly safety: Safety | null
  /** What the move brought on other image sets. */
  readonly measured: readonly Measurement[]
  readonly design: unknown
}

/** What an engineer of this team keeps beside its component. */
export type Memo = {
  readonly author: typeof AUTHOR
  readonly component: Component
  /** The component's typed design. */
  readonly design: unknown
  /** Fingerprints of this design and of those it came from: going back to one of them is no new idea. */
  readonly lineage: readonly string[]
}

const AUTHOR = 'playbook'

/** How one component is designed, changed and written; the type of its design stays inside. */
export type Craft = {
  readonly component: Component
  /** Every move that applies to the design and changes it; each call gives them in the same order. */
  readonly options: (design: unknown, situation: Situation) => readonly Option[]
  readonly render: (design: unknown, brief: Brief) => string
  readonly fingerprint: (design: unknown) => string
}

export type CraftParts<D> = {
  readonly component: Component
  readonly moves: readonly Move<D>[]
  readonly render: (design: D, brief: Brief) => string
  readonly fingerprint: (design: D) => string
  readonly safety: (risk: NonNullable<Move<D>['labelRisk']>, situation: Situation) => Safety
  /** By the id of a move. */
  readonly measured: ReadonlyMap<string, readonly Measurement[]>
}

export type Crafts = Readonly<Record<Component, Craft>>

/** Hides the type of a design: only designs made by this craft come back to it, by way of `memoOf`. */
export function makeCraft<D>(parts: CraftParts<D>): Craft {
  const { component, moves, render, fingerprint, safety, measured } = parts
  const optionsOf = (design: D, situation: Situation): Option[] => {
    const own = fingerprint(design)
    return moves.flatMap((move) => {
      const changed = move.apply(design, situation)
      if (changed === null || fingerprint(changed) === own) return []
      const finding = move.labelRisk === null ? null : safety(move.labelRisk, situation)
      const cost = typeof move.cost === 'number' ? move.cost : move.cost(design, changed, situation)
      const known = measured.get(move.id) ?? []
      return [{ move: { ...move, cost }, fingerprint: fingerprint(changed), safety: finding, measured: known, design: changed }]
    })
  }
  return {
    component,
    options: (design, situation) => optionsOf(design as D, situation),
    render: (design, brief) => render(design as D, brief),
    fingerprint: (design) => fingerprint(design as D),
  }
}

export function makeMemo(craft: Craft, design: unknown, before: Memo | null): Memo {
  const lineage = [...(before?.lineage ?? []), craft.fingerprint(design)]
  return { author: AUTHOR, component: craft.component, design, lineage }
}

/** Whether a component was made by this team, so that it can change it. */
export function knowsMemo(component: Component, value: unknown): boolean {
  return memoOf(component, value) !== null
}

/** The memo of a component; null when the component was not made by this team. */
export function memoOf(component: Component, value: unknown): Memo | null {
  return isMemo(value) && value.component === component ? value : null
}

function isMemo(value: unknown): value is Memo {
  return typeof value === 'object' && value !== null && 'author' in value && value.author === AUTHOR && 'lineage' in value
}
