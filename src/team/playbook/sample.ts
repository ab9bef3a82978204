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

/** Null when the moves are used up. */
export type Sampler = (brief: Brief, base: Memos, draw: number) => Readonly<Record<Component, Change>> | null

type Draw = Readonly<Record<Component, readonly Option[]>>

/** The draws so far of one seed around one base; all that was drawn before has to be known to draw something else. */
type Drawn = {
  readonly brief: Brief
  readonly base: Memos
  readonly memos: Record<Component, Memo>
  readonly draws: Draw[]
  readonly seen: Set<string>
}

/**
 * Random search over what the moves cover: each component is the base with a random set of applicable moves, drawn on its own and
 * without looking at any outcome. Deterministic from the brief's seed and `draw`; no two draws of one seed are the same pipeline.
 */
export function makeSampler(crafts: Crafts): Sampler {
  let drawn: Drawn | null = null
  return (brief, base, draw) => {
    if (drawn === null || drawn.brief !== brief || drawn.base !== base) drawn = begin(crafts, brief, base)
    const { memos, draws, seen } = drawn
    while (draws.length <= draw) {
      const drawNext = drawNew(crafts, memos, brief, draws.length, seen)
      if (drawNext === null) return null
      draws.push(drawNext)
    }
    const chosen = draws[draw]
    if (chosen === undefined) throw new Error(`draw ${draw} is not a number from 0 on`)
    return {
      data: changeOf(crafts.data, memos.data, chosen.data, brief),
      model: changeOf(crafts.model, memos.model, chosen.model, brief),
      training: changeOf(crafts.training, memos.training, chosen.training, brief),
    }
  }
}

function begin(crafts: Crafts, brief: Brief, base: Memos): Drawn {
  const memos = { data: ownMemo('data', base), model: ownMemo('model', base), training: ownMemo('training', base) }
  return { brief, base, memos, draws: [], seen: new Set([keyOf(crafts, memos, { data: [], model: [], training: [] })]) }
}

function ownMemo(component: Component, base: Memos): Memo {
  const memo = memoOf(component, base[component])
  if (memo === null) throw new Error(`the ${component} component to sample around was not made by the playbook`)
  return memo
}

/** Draws until the pipeline is one that was not drawn before, and adds it to `seen`; null when the moves are used up. */
function drawNew(crafts: Crafts, memos: Record<Component, Memo>, brief: Brief, index: number, seen: Set<string>): Draw | null {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const drawOne = (name: Component) =>
      randomMoves(crafts[name], memos[name], brief, deriveSeed(brief.seed, 'sample', index, attempt, name))
    const drawn = { data: drawOne('data'), model: drawOne('model'), training: drawOne('training') }
    const key = keyOf(crafts, memos, drawn)
    if (seen.has(key)) continue
    seen.add(key)
    return drawn
  }
  return null
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
