import { CASES, evidenceOfCase } from '../../tests/support/playbook-cases.ts'
import { simulateRun } from '../../tests/support/simulated-run.ts'
import type { World } from '../../tests/support/simulated-run.ts'
import { normalQuantile } from '../../src/core/normal.ts'
import { COMPONENTS } from '../../src/core/pipeline.ts'
import type { Component } from '../../src/core/pipeline.ts'
import { deriveSeed } from '../../src/core/seeds.ts'
import { mean, sampleDeviation } from '../../src/core/statistics.ts'
import type { Change, Diagnosis, Evidence, Memos, Team } from '../../src/core/team.ts'
import { makeMemo } from '../../src/team/playbook/craft.ts'
import { diagnose } from '../../src/team/playbook/diagnose.ts'
import { ideasFor } from '../../src/team/playbook/ideas.ts'
import type { Ranked } from '../../src/team/playbook/rank.ts'
import { makeCrafts, makePlaybookTeam } from '../../src/team/playbook/team.ts'

/*
 * Does the playbook's order of its moves beat a random order of the same moves? In invented worlds, not on pictures: the true gain of a
 * move is `trust` times what the playbook expects of it, plus an effect of its kind and one of its own that the playbook does not know.
 * A measured gain has noise and is kept above a threshold, as in a run. Trust 1 favours the playbook by construction; trust 0 asks what
 * learning alone is worth; trust -1 is a world in which the playbook is wrong throughout. Prints one table; says nothing about images.
 */

const TRUSTS = [1, 0.5, 0, -1]
const SEEDS = 4
const TRIALS = [6, 12, 24]
/** Standard deviations in points. */
const KIND_EFFECT = 0.4
const MOVE_EFFECT = 0.3
const NOISE = 0.3
/** What a move does on average beyond the playbook's expectation: most changes to a sound pipeline lose a little. */
const DRIFT = -0.2

const crafts = makeCrafts()

function normal(seed: number, ...labels: (string | number)[]): number {
  return normalQuantile((deriveSeed(seed, ...labels) + 0.5) / 2 ** 31)
}

function makeWorld(start: Evidence, trust: number, seed: number): World {
  return ({ title, kind }, component, memos) => {
    const expected = expectedGain(start, memos, component, title)
    const own = KIND_EFFECT * normal(seed, 'kind', component, kind) + MOVE_EFFECT * normal(seed, 'move', title)
    return trust * expected + own + DRIFT
  }
}

function expectedGain(start: Evidence, memos: Memos, component: Component, title: string): number {
  return (
    ideas({ ...start, past: [], best: { ...start.best, memos } }, component).find(({ option }) => option.move.title === title)
      ?.gain ?? 0
  )
}

function ideas(evidence: Evidence, component: Component): readonly Ranked[] {
  return ideasFor(crafts[component], evidence, diagnose(evidence))?.ranked ?? []
}

/** The same moves under the same rules of what is untried, in an order that looks at nothing. */
function randomTeam(seed: number): Pick<Team, 'analyst' | 'engineers'> {
  const analyst = (evidence: Evidence): Promise<Diagnosis | null> => {
    const all = COMPONENTS.flatMap((component) =>
      ideas(evidence, component).map(({ option }) => ({ component, title: option.move.title })),
    )
    const chosen = all[deriveSeed(seed, 'random', evidence.past.length) % Math.max(1, all.length)]
    if (chosen === undefined) return Promise.resolve(null)
    return Promise.resolve({ diagnosis: '', bottleneck: '', component: chosen.component, task: chosen.title, predictedGain: 0 })
  }
  const engineer = ({ diagnosis, evidence }: { diagnosis: Diagnosis; evidence: Evidence }): Promise<Change | null> => {
    const craft = crafts[diagnosis.component]
    const found = ideas(evidence, diagnosis.component).find(({ option }) => option.move.title === diagnosis.task)
    if (found === undefined) return Promise.resolve(null)
    const { move, design, fingerprint } = found.option
    const memo = makeMemo(craft, design, null)
    return Promise.resolve({ title: move.title, kind: move.kind, source: '', rationale: '', fingerprint, memo, labelSafety: null })
  }
  return { analyst, engineers: { data: engineer, model: engineer, training: engineer } }
}

/** Playbook without its memory of measured gains: repeats are still refused. */
function forgetfulTeam(): Pick<Team, 'analyst' | 'engineers'> {
  const team = makePlaybookTeam()
  const forget = (evidence: Evidence): Evidence => ({
    ...evidence,
    sinceKept: 0,
    hints: [],
    past: evidence.past.map((trial) => ({ ...trial, components: [], title: '' })),
  })
  const engineer = (component: Component): Team['engineers'][Component] => {
    const play = team.engineers[component]
    return ({ diagnosis, evidence }, signal) => play({ diagnosis, evidence: forget(evidence) }, signal)
  }
  return {
    analyst: (evidence, signal) => team.analyst(forget(evidence), signal),
    engineers: { data: engineer('data'), model: engineer('model'), training: engineer('training') },
  }
}

type Gains = readonly number[]

/** True gain kept after each number of trials in TRIALS. */
async function gainsOf(team: Pick<Team, 'analyst' | 'engineers'>, start: Evidence, world: World, seed: number): Promise<Gains> {
  let looks = 0
  const noise = () => NOISE * normal(seed, 'noise', looks++)
  const trials = await simulateRun(team, start, world, { trials: Math.max(...TRIALS), noise })
  return TRIALS.map((count) => trials.slice(0, count).reduce((total, { gain, isKept }) => total + (isKept ? gain : 0), 0))
}

async function main(): Promise<void> {
  console.log(`kept true gain in points, mean (standard error) over six cases x ${SEEDS} worlds; after ${TRIALS.join(', ')} trials`)
  for (const trust of TRUSTS) {
    const rows = { 'random order': [] as Gains[], 'priors only': [] as Gains[], playbook: [] as Gains[] }
    for (const recorded of CASES.slice(0, -1).filter((_, index) => index % 2 === 0)) {
      for (let seed = 0; seed < SEEDS; seed++) {
        const start = evidenceOfCase(recorded)
        const world = makeWorld(start, trust, seed)
        rows['random order'].push(await gainsOf(randomTeam(seed), start, world, seed))
        rows['priors only'].push(await gainsOf(forgetfulTeam(), start, world, seed))
        rows.playbook.push(await gainsOf(makePlaybookTeam(), start, world, seed))
      }
    }
    console.log(`\ntrust ${trust}`)
    for (const [name, gains] of Object.entries(rows))
      console.log(`  ${name.padEnd(14)}${TRIALS.map((_, column) => cell(gains, column)).join('   ')}`)
  }
}

function cell(gains: readonly Gains[], column: number): string {
  const values = gains.map((row) => row[column] ?? 0)
  return `${mean(values).toFixed(2)} (${(sampleDeviation(values) / Math.sqrt(values.length)).toFixed(2)})`
}

await main()
