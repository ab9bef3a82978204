import { expect, test } from 'vitest'
import { row } from '../core/format.ts'
import type { Scored, TrainingSummary } from '../core/outcome.ts'
import { syntheticEvaluator } from '../../tests/support/scripted-run.ts'
import { speedRows } from './speed-text.ts'

async function scoredWith(...trainings: readonly Partial<TrainingSummary>[]): Promise<Scored> {
  const { evaluator } = syntheticEvaluator(new Map())
  const pipeline = { data: '', model: '', training: '' }
  const signal = new AbortController().signal
  const { outcome } = await evaluator.evaluate({ trial: 0, pipeline, repeat: 0, seed: 1, base: null }, signal)
  if (outcome.status === 'failed') throw new Error(outcome.message)
  const [first] = outcome.trainings
  if (first === undefined) throw new Error('a scored outcome without a training')
  return { ...outcome, trainings: trainings.map((training) => ({ ...first, ...training })) }
}

const text = (scored: readonly Scored[]) => speedRows(scored).map(([label, words]) => row(label, words))

test('speed, share of data and memory stand in one line, as means and the largest; a fold without a smoke run says no share', async () => {
  const first = { imagesPerSecond: 1500, dataShare: 0.04, peakMemoryBytes: 150e6 }
  const second = { imagesPerSecond: 1460, dataShare: null, peakMemoryBytes: 210e6 }
  expect(text([await scoredWith(first, second)])).toEqual([
    'speed         1,480 images/s, 4 % of it spent on data, 210.0 MB, as the training\n              tells it',
  ])
  expect(text([await scoredWith({ ...second, peakMemoryBytes: 0 })])).toEqual([
    'speed         1,460 images/s, as the training tells it',
  ])
  expect(text([])).toEqual([])
})

test('data that takes more than a quarter of a step is said in a sentence with the remedy', async () => {
  expect(text([await scoredWith({ dataShare: 0.25 })])).toHaveLength(1)
  const lines = text([await scoredWith({ dataShare: 0.4 })])
  expect(lines[1]?.replaceAll(/\s+/g, ' ')).toBe(
    ' data takes 40 % of a step: cheaper transforms in data.py leave more steps in the same time',
  )
})
