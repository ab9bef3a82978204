import { chooseRows, deriveSeed } from '../../core/seeds.ts'
import { COMPONENTS } from '../../core/pipeline.ts'
import type { Component } from '../../core/pipeline.ts'
import type { Brief, Change, Memos } from '../../core/team.ts'
import { makeMemo, memoOf } from './craft.ts'
import type { Craft, Crafts, Memo, Option } from './craft.ts'

/** Moves applied to one component in a draw: 0 to this many, each number as often. */
const MOST_MOVES = 3
/** After so many equal draws in a row the ranges hold nothing new. */
const MOST_ATTEMPTS = 100

export type Sampler = (brief: Brief, base: Memos, draw: number) => Readonly<Record<Component, Change>>

type Draw = Readonly<Record<Component, readonly Option[]>>

/**
 * Random search over what the moves cover: each component is the base with a random set of applicable moves, drawn on its own and
 * without looking at any outcome. Deterministic from the brief's seed and `draw`; no two draws of one seed are the same pipeline.
 */
export function makeSampler(crafts: Crafts): Sampler {
  return (brief, base, draw) => {
    const memos = Object.fromEntries(COMPONENTS.map((name) => [name, ownMemo(name, base)])) as Record<Component, Memo>
    const seen = new Set([keyOf(crafts, memos, { data: [], model: [], training: [] })])
    let drawn: Draw | null = null
    for (let index = 0; index <= draw; index++) drawn = drawNew(crafts, memos, brief, index, seen)
    if (drawn === null) throw new Error(`draw ${draw} is not a number from 0 on`)
    const chosen = drawn
    return {
      data: changeOf(crafts.data, memos.data, chosen.data, brief),
      model: changeOf(crafts.model, memos.model, chosen.model, brief),
      training: changeOf(crafts.training, memos.training, chosen.training, brief),
    }
  }
}

function ownMemo(component: Component, base: Memos): Memo {
  const memo = memoOf(component, base[component])
  if (memo === null) throw new Error(`the ${component} component to sample around was not made by the playbook`)
  return memo
}

/** Draws until the pipeline is one that was not drawn before, and adds it to `seen`. */
function drawNew(crafts: Crafts, memos: Record<Component, Memo>, brief: Brief, index: number, seen: Set<string>): Draw {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const drawOne = (name: Component) =>
      randomMoves(crafts[name], memos[name], brief, deriveSeed(brief.seed, 'sample', index, attempt, name))
    const drawn = { data: drawOne('data'), model: drawOne('model'), training: drawOne('training') }
    const key = keyOf(crafts, memos, drawn)
    if (seen.has(key)) continue
    seen.add(key)
    return drawn
  }
  throw new Error(`no new pipeline in ${MOST_ATTEMPTS} draws: the playbook's moves are used up`)
}

/** A random set of moves, each applied to what the one before it made; moves that change what pictures mean are left out. */
function randomMoves(craft: Craft, memo: Memo, brief: Brief, seed: number): Option[] {
  const count = deriveSeed(seed, 'count') % (MOST_MOVES + 1)
  const chosen: Option[] = []
  const visited = new Set(memo.lineage)
  for (let step = 0; step < count; step++) {
    const design = chosen.at(-1)?.design ?? memo.design
    const options = craft.options(design, { brief, evidence: null })
    const allowed = options.filter((option) => option.safety?.verdict !== 'refused' && !visited.has(option.fingerprint))
    const option = allowed[chooseRows(allowed.length, 1, deriveSeed(seed, 'move', step))[0] ?? 0]
    if (option === undefined) break
    visited.add(option.fingerprint)
    chosen.push(option)
  }
  return chosen
}

function keyOf(crafts: Crafts, memos: Record<Component, Memo>, drawn: Draw): string {
  return COMPONENTS.map((name) => drawn[name].at(-1)?.fingerprint ?? crafts[name].fingerprint(memos[name].design)).join(' ')
}

function changeOf(craft: Craft, memo: Memo, moves: readonly Option[], brief: Brief): Change {
  const last = moves.at(-1)
  const titles = moves.map(({ move }) => move.title)
  const findings = moves.flatMap(({ safety }) => (safety === null ? [] : [safety.finding]))
  return {
    title: titles.length === 0 ? 'as the Architect designed it' : titles.join('; '),
    kind: 'sample',
    source: craft.render(last?.design ?? memo.design, brief),
    rationale: 'Drawn at random from the moves of the playbook, without a look at any outcome.',
    fingerprint: last?.fingerprint ?? craft.fingerprint(memo.design),
    memo: last === undefined ? memo : makeMemo(craft, last.design, memo),
    labelSafety: findings.length === 0 ? null : findings.join(' '),
  }
}
