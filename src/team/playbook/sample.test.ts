import { expect, test } from 'vitest'
import { briefOf } from '../../../tests/support/playbook-evidence.ts'
import { toyCrafts, toyMemos, toyMove } from '../../../tests/support/toy-crafts.ts'
import { COMPONENTS } from '../../core/pipeline.ts'
import { designBlueprint } from './architect.ts'
import { makeSampler } from './sample.ts'
import { makeCrafts, makePlaybookSampler } from './team.ts'

const brief = briefOf()
const { memos, pipeline } = designBlueprint(makeCrafts(), brief)
const sample = makePlaybookSampler()
const draws = Array.from({ length: 40 }, (_, draw) => sample(brief, memos, draw)).filter((drawn) => drawn !== null)

test('no two draws of a seed are the same pipeline, and none is the one to start from', () => {
  const keys = draws.map((drawn) => COMPONENTS.map((name) => drawn[name].fingerprint).join())
  expect(new Set(keys).size).toBe(40)
  const changed = draws.map((drawn) => COMPONENTS.filter((name) => drawn[name].source !== pipeline[name]))
  expect(changed.every((names) => names.length > 0)).toBe(true)
  for (const component of COMPONENTS) expect(changed.filter((names) => names.includes(component)).length).toBeGreaterThan(20)
})

test('a draw depends on seed and number alone', () => {
  expect(sample(brief, memos, 5)).toEqual(makePlaybookSampler()(brief, memos, 5))
  expect(sample({ ...brief, seed: 8 }, memos, 5)).not.toEqual(sample(brief, memos, 5))
})

test('moves that change what pictures mean are not drawn, others are named in the title', () => {
  const moves = ['mirror', 'shift'].map((name) => toyMove('data', name, { labelRisk: name === 'mirror' ? 'mirror' : 'shift' }))
  const crafts = toyCrafts(moves, (risk) => ({ verdict: risk === 'mirror' ? 'refused' : 'safe', finding: `seen ${risk}` }))
  const drawn = makeSampler(crafts)(brief, toyMemos(crafts), 0)
  expect(drawn?.data).toMatchObject({ title: 'shift', source: '# data: shift\n', labelSafety: 'seen shift' })
  expect(drawn?.model.source).toBe('# model: \n')
})

test('when the moves are used up, nothing is drawn', () => {
  const crafts = toyCrafts([toyMove('data', 'only')])
  expect(makeSampler(crafts)(brief, toyMemos(crafts), 0)?.data.title).toBe('only')
  expect(makeSampler(crafts)(brief, toyMemos(crafts), 1)).toBeNull()
  expect(() => makeSampler(crafts)(brief, { ...toyMemos(crafts), data: null }, 0)).toThrow('was not made by the playbook')
})
