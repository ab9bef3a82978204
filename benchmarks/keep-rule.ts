import { formatCount } from '../src/core/format.ts'
import { SCHEMES, simulate } from './keep-rule/simulate.ts'
import type { Cell, Rates } from './keep-rule/simulate.ts'
import { makeWorld, STRONG_TASTE } from './keep-rule/world.ts'
import type { World } from './keep-rule/world.ts'

/**
 * How often the keep rule keeps changes that do nothing, harm, or help, in a simulated world. `node benchmarks/keep-rule.ts
 * [proposals]` prints the tables of docs/keep-rule.md; 2,000 proposals a cell take under two minutes on one core.
 */
const SIZES = [350, 1000, 2000, 10_000]
const EFFECTS = [0, -0.01, 0.01, 0.02]
const ASSUMED = 0.004
const SEED = 1

function main(count: number): void {
  if (!Number.isInteger(count) || count < 1) throw new Error('say how many proposals a cell, as a whole number above 0')
  const world = makeWorld(SEED)
  console.log(`${count} proposals a cell\n\n### Seeds move accuracy by 0.4 points, as the rule assumes\n\n${header()}`)
  for (const scheme of SCHEMES) for (const n of SIZES) console.log(tableRows(world, { scheme, n, deviation: ASSUMED }, count))
  console.log(`\n### Seeds move accuracy by 0.8 points, the rule still assumes 0.4\n\n${header()}`)
  for (const scheme of SCHEMES) console.log(tableRows(world, { scheme, n: 2000, deviation: 2 * ASSUMED }, count))
  console.log(`\n### Two seeds of one pipeline disagree on 6 % of the images instead of 8.5 %\n\n${header()}`)
  const strong = makeWorld(SEED, STRONG_TASTE)
  for (const scheme of SCHEMES) console.log(tableRows(strong, { scheme, n: 2000, deviation: ASSUMED }, count))
}

function header(): string {
  return [
    '| scheme | images of an evaluation | mode | no effect: kept / confirmed | -1 point: kept | +1 point: kept / confirmed | +2 points: kept / confirmed | evaluations, no effect and +1 |',
    '|---|---|---|---|---|---|---|---|',
  ].join('\n')
}

function tableRows(world: World, cell: Pick<Cell, 'scheme' | 'n' | 'deviation'>, count: number): string {
  const cells = EFFECTS.map((effect) => simulate(world, { ...cell, effect, assumed: ASSUMED }, count))
  return (['paper', 'balanced'] as const)
    .map((mode) => {
      const [none, harm, one, two] = cells.map((rates) => rates[mode])
      return `| ${[cell.scheme, formatCount(cell.n), mode, both(none), percent(harm?.kept), both(one), both(two), cost(none, one)].join(' | ')} |`
    })
    .join('\n')
}

function both(rates: Rates | undefined): string {
  return `${percent(rates?.kept)} / ${percent(rates?.confirmed)}`
}

function percent(share = Number.NaN): string {
  return `${(share * 100).toFixed(share < 0.095 ? 1 : 0)} %`
}

function cost(none: Rates | undefined, one: Rates | undefined): string {
  return `${none?.evaluations.toFixed(1)}, ${one?.evaluations.toFixed(1)}`
}

main(Number(process.argv[2] ?? 2000))
