import { expect, test } from 'vitest'
import { CASES, evidenceOfCase } from '../../../tests/support/playbook-cases.ts'
import { simulateRun } from '../../../tests/support/simulated-run.ts'
import { COMPONENTS } from '../../core/pipeline.ts'
import { deriveSeed } from '../../core/seeds.ts'
import { MODEL_MOVES } from './moves-model.ts'
import { TRAINING_MOVES } from './moves-training.ts'
import { makePlaybookTeam } from './team.ts'

/** Small gains that have nothing to do with the playbook's priors, by kind and move: -0.25 to 0.25 points. */
const world = ({ kind, title }: { kind: string; title: string }) => (unit('kind', kind) + unit('move', title)) / 8
const unit = (...labels: string[]) => (deriveSeed(1, ...labels) / 2 ** 31) * 2 - 1
const noNoise = () => 0

const WHOLE = new Set([...MODEL_MOVES, ...TRAINING_MOVES].filter(({ isWhole }) => isWhole).map(({ title }) => title))

test.each(CASES.slice(0, 11))('$name: forty trials without one proposed twice or taken back', async (recorded) => {
  const start = evidenceOfCase(recorded)
  const trials = await simulateRun(makePlaybookTeam(), start, world, { trials: 40, noise: noNoise })
  expect(trials.length).toBeGreaterThan(12)
  // A whole component may be proposed again, beside others than before.
  const fingerprints = trials.filter(({ change }) => !WHOLE.has(change.title)).map(({ change }) => change.fingerprint)
  expect(new Set(fingerprints).size).toBe(fingerprints.length)
  const beginnings = Object.values(start.best.memos).flatMap((memo) => (memo as { lineage: string[] }).lineage)
  expect(fingerprints.filter((fingerprint) => beginnings.includes(fingerprint))).toEqual([])
})

test('in turns each component is proposed for equally often', async () => {
  const [recorded] = CASES
  if (recorded === undefined) throw new Error('cases are missing')
  const trials = await simulateRun(makePlaybookTeam(), evidenceOfCase(recorded), world, {
    trials: 9,
    noise: noNoise,
    roundRobin: true,
  })
  expect(trials.map(({ component }) => component)).toEqual([...COMPONENTS, ...COMPONENTS, ...COMPONENTS])
})

test('a kind that keeps winning is followed, one that keeps losing is left', async () => {
  const [recorded] = CASES
  if (recorded === undefined) throw new Error('cases are missing')
  const start = evidenceOfCase(recorded)
  const shareOf = async (component: string) => {
    const trials = await simulateRun(makePlaybookTeam(), start, (_, name) => (name === component ? 1 : -1), {
      trials: 20,
      noise: noNoise,
    })
    return trials.filter((trial) => trial.component === component).length / trials.length
  }
  for (const component of ['data', 'model', 'training']) expect(await shareOf(component)).toBeGreaterThan(0.5)
})
