import { expect, test } from 'vitest'
import { checkDiagnosis, diagnosisSchema, predictedGain } from './check-diagnosis.ts'

const all = ['data', 'model', 'training'] as const
const good = {
  diagnosis: 'too slow',
  bottleneck: 'Under-fitting',
  component: 'training',
  task: 'Double PEAK_RATE.',
  predictedGain: 0.8,
}

test('a diagnosis is taken over, the gain in the unit of the metric', () => {
  expect(checkDiagnosis(good, all, 'accuracy')).toEqual({ ...good, bottleneck: 'under-fitting', predictedGain: 0.008 })
})

test.each(['training.py', 'Training', 'the training component', 'training_engineer'])('"%s" names a component', (component) => {
  expect(checkDiagnosis({ ...good, component }, all, 'accuracy').component).toBe('training')
})

test('an answer in an object of its own is unwrapped', () => {
  expect(checkDiagnosis({ answer: good }, all, 'accuracy').task).toBe('Double PEAK_RATE.')
})

test.each([
  [{ ...good, component: 'data and model' }, '"component" must be exactly one of "data", "training"'],
  [{ ...good, component: 3 }, 'must be exactly one of'],
  [{ ...good, component: 'model' }, '"component" is "model", which may not be changed now; choose one of "data", "training"'],
  [{ ...good, task: ' ' }, '"task" is missing or empty'],
  [{}, 'must be exactly one of'],
])('what names no component and no task is refused: %#', (object, problem) => {
  expect(() => checkDiagnosis(object, ['data', 'training'], 'accuracy')).toThrow(problem)
})

test.each([
  [2, 0.02],
  ['1.5 points', 0.015],
  ['2 %', 0.02],
  [Number.POSITIVE_INFINITY, 0.2],
  [-3, 0],
  [undefined, 0],
  ['much', 0],
  [{}, 0],
])('a gain of %j points comes to %s', (value, gain) => {
  expect(predictedGain(value, 'accuracy')).toBeCloseTo(gain, 10)
})

test('a gain in log loss is told in nats', () => {
  expect(predictedGain(0.05, 'log-loss')).toBe(0.05)
})

test('the schema wants every field, reasons first, and only components that may change', () => {
  expect(diagnosisSchema(['model'])).toMatchObject({
    type: 'object',
    properties: { component: { enum: ['model'] } },
    required: ['diagnosis', 'bottleneck', 'component', 'task', 'predictedGain'],
    additionalProperties: false,
  })
})
