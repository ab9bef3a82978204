import { COMPONENTS } from '../../src/core/pipeline.ts'
import type { Component } from '../../src/core/pipeline.ts'
import type { Memos } from '../../src/core/team.ts'
import { makeCraft, makeMemo } from '../../src/team/playbook/craft.ts'
import type { Craft, CraftParts, Crafts } from '../../src/team/playbook/craft.ts'
import type { Measurement } from '../../src/team/playbook/measured.ts'
import type { Move } from '../../src/team/playbook/move.ts'

/** A component whose design is the list of what was done to it. */
export type ToyDesign = { readonly done: readonly string[] }

/** A move that can be made once; `facts` replaces any of its figures. */
export function toyMove(component: Component, name: string, facts: Partial<Move<ToyDesign>> = {}): Move<ToyDesign> {
  return {
    id: `${component}/${name}`,
    component,
    kind: name,
    title: name,
    why: `${name} may help`,
    helps: {},
    prior: 0.5,
    cost: 1,
    labelRisk: null,
    apply: ({ done }) => (done.includes(name) ? null : { done: [...done, name] }),
    ...facts,
  }
}

export function toyCrafts(
  moves: readonly Move<ToyDesign>[],
  safety: CraftParts<ToyDesign>['safety'] = unasked,
  measured: Readonly<Record<string, readonly Measurement[]>> = {},
): Crafts {
  const craft = (component: Component): Craft =>
    makeCraft({
      component,
      moves: moves.filter((move) => move.component === component),
      render: ({ done }) => `# ${component}: ${done.join(', ')}\n`,
      fingerprint: ({ done }) => `${component}: ${done.toSorted().join(', ')}`,
      safety,
      measured: new Map(Object.entries(measured)),
    })
  return { data: craft('data'), model: craft('model'), training: craft('training') }
}

/** Memos of components to which nothing was done yet, or what `done` says. */
export function toyMemos(crafts: Crafts, done: Partial<Record<Component, readonly string[]>> = {}): Memos {
  const memo = (component: Component) => makeMemo(crafts[component], { done: done[component] ?? [] }, null)
  return Object.fromEntries(COMPONENTS.map((component) => [component, memo(component)])) as Memos
}

function unasked(): never {
  throw new Error('none of these moves has a label risk')
}
