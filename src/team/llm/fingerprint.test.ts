import { expect, test } from 'vitest'
import { pastTrial } from '../../../tests/support/playbook-evidence.ts'
import { llmEvidence, samplePipeline } from '../../../tests/support/llm-team.ts'
import { findEarlier, fingerprintOf } from './fingerprint.ts'

const { training } = samplePipeline('tiny')
const faster = training.replace('PEAK_RATE = 0.1', 'PEAK_RATE = 0.2')
const fingerprint = fingerprintOf('training', faster, training)

function evidence(best: number, ...past: ReturnType<typeof pastTrial>[]) {
  const known = llmEvidence()
  return { past, best: { ...known.best, trial: best } }
}

test('the same change of a file that differs elsewhere is the same change', () => {
  const other = training.replace('MOMENTUM = 0.9', 'MOMENTUM = 0.95')
  const [, effect] = fingerprint.split(' ')
  const [code, again] = fingerprintOf('training', other.replace('PEAK_RATE = 0.1', 'PEAK_RATE = 2e-1'), other).split(' ')
  expect(again).toBe(effect)
  expect(code).not.toBe(fingerprint.split(' ')[0])
})

test('another value, another component and another order are other changes', () => {
  const words = [
    fingerprint,
    fingerprintOf('training', training.replace('PEAK_RATE = 0.1', 'PEAK_RATE = 0.3'), training),
    fingerprintOf('model', faster, training),
    fingerprintOf('training', 'b = 2\na = 1\n', 'a = 1\nb = 2\n'),
    fingerprintOf('training', 'c = 2\na = 1\n', 'a = 1\nc = 2\n'),
  ].flatMap((each) => each.split(' '))
  expect(new Set(words).size).toBe(words.length)
})

test('what was rejected on this best is found again', () => {
  const trial = pastTrial(3, 'training', 'rate', -0.2, { fingerprint, base: 0 })
  expect(findEarlier(fingerprint, evidence(0, trial))?.trial).toBe(3)
})

test('a near miss may come again on another best, a clear loss and a failure may not', () => {
  const near = pastTrial(3, 'training', 'rate', -0.2, { fingerprint, base: 0 })
  const loss = pastTrial(3, 'training', 'rate', -4, { fingerprint, base: 0 })
  const failed = pastTrial(3, 'training', 'rate', 0, { fingerprint, base: 0, result: { status: 'failed', message: 'diverged' } })
  expect(findEarlier(fingerprint, evidence(4, near))).toBeNull()
  expect(findEarlier(fingerprint, evidence(4, loss))?.trial).toBe(3)
  expect(findEarlier(fingerprint, evidence(4, failed))?.trial).toBe(3)
})

test('fingerprints of several changes in one trial are each found', () => {
  const trial = pastTrial(2, 'data', 'all', -2, { fingerprint: `data:1 data~2 ${fingerprint}`, components: ['data', 'training'] })
  expect(findEarlier(fingerprint, evidence(0, trial))?.trial).toBe(2)
})
