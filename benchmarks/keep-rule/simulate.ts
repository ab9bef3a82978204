import { compareResults } from '../../src/core/compare.ts'
import type { Decision } from '../../src/core/decision.ts'
import type { ImageResults } from '../../src/core/evaluation.ts'
import { afterConfirm, afterScreen, decideAtScreen, needsAnotherSeed } from '../../src/core/keep-rule.ts'
import type { ConfirmContext } from '../../src/core/keep-rule.ts'
import { drawImages, evaluate } from './world.ts'
import type { Ease, World } from './world.ts'

export const SCHEMES = ['fixed', 'rotating', 'pooled'] as const
export type Scheme = (typeof SCHEMES)[number]

export type Cell = {
  readonly scheme: Scheme
  /** Images of one evaluation. */
  readonly n: number
  /** True gain of the candidate in accuracy, 0..1. */
  readonly effect: number
  /** True deviation of the accuracy of one training over seeds. */
  readonly deviation: number
  /** What the rule takes it for, of one evaluation. */
  readonly assumed: number
}

export type Rates = {
  readonly kept: number
  readonly confirmed: number
  /** Evaluations of candidates, a proposal. */
  readonly evaluations: number
}

/** Puts `count` proposals of one kind before the rules; shares of them, 0..1. */
export function simulate(world: World, cell: Cell, count: number): { paper: Rates; balanced: Rates } {
  const [paper, balanced] = [tally(), tally()]
  for (let proposal = 0; proposal < count; proposal++) {
    const bench = makeBench(world, cell)
    paper.add(decideByPaper(bench, cell), 1)
    const { decision, evaluations } = decideBalanced(bench, cell)
    balanced.add(decision, evaluations)
  }
  return { paper: paper.rates(), balanced: balanced.rates() }
}

/** Evaluations of one candidate and of its best, made when they are asked for. */
type Bench = {
  readonly candidate: (count: number) => readonly ImageResults[]
  readonly best: (count: number) => readonly ImageResults[]
}

function makeBench(world: World, { scheme, n, effect, deviation }: Cell): Bench {
  const sets: { candidate: Ease; best: Ease }[] = []
  const images = (repeat: number) => (sets[scheme === 'rotating' ? repeat : 0] ??= drawImages(world, n, effect))
  const made = { candidate: [] as ImageResults[], best: [] as ImageResults[] }
  const take = (side: 'candidate' | 'best') => (count: number) => {
    for (let repeat = made[side].length; repeat < count; repeat++) {
      const part = scheme === 'rotating' ? `fold${repeat}` : 'val'
      made[side].push(evaluate(world, images(repeat)[side], part, scheme === 'pooled' ? 5 : 1, deviation))
    }
    return made[side].slice(0, count)
  }
  return { candidate: take('candidate'), best: take('best') }
}

function decideByPaper(bench: Bench, { assumed }: Cell): Decision {
  const comparison = compareResults(bench.candidate(1), bench.best(1), 'accuracy', assumed)
  return decideAtScreen(comparison, { mode: 'paper', metric: 'accuracy', costRatio: 1 })
}

/** The best has two seeds from the start; where folds rotate, one on each fold, a third made with the candidate's. */
function decideBalanced(bench: Bench, { scheme, assumed }: Cell): { decision: Decision; evaluations: number } {
  const context = { mode: 'balanced', metric: 'accuracy', costRatio: 1 } as const
  const look = (count: number) =>
    compareResults(bench.candidate(count), bench.best(scheme === 'rotating' ? count : 2), 'accuracy', assumed)
  const screen = look(1)
  if (afterScreen(screen, context) !== 'confirm') return { decision: decideAtScreen(screen, context), evaluations: 1 }
  const full: ConfirmContext = { ...context, screen, hurtClass: null, classes: [], canAffordAnother: true }
  const evaluations = needsAnotherSeed(look(2), full) ? 3 : 2
  return { decision: afterConfirm(look(evaluations), full), evaluations }
}

function tally(): { add: (decision: Decision, evaluations: number) => void; rates: () => Rates } {
  let [count, kept, confirmed, total] = [0, 0, 0, 0]
  return {
    add: ({ verdict, label }, evaluations) => {
      count++
      total += evaluations
      if (verdict === 'kept') kept++
      if (label === 'confirmed') confirmed++
    },
    rates: () => ({ kept: kept / count, confirmed: confirmed / count, evaluations: total / count }),
  }
}
