import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { someRight } from '../../tests/support/image-results.ts'
import { compareResults } from './compare.ts'
import type { Comparison } from './decision.ts'
import { afterConfirm, afterFailure, afterScreen, decideAtScreen, needsAnotherSeed } from './keep-rule.ts'
import type { ConfirmContext } from './keep-rule.ts'

/** Numbers of a comparison of 525 images and one seed each, unless said otherwise. */
function comparison(delta: number, standardError: number, more: Partial<Comparison> = {}): Comparison {
  return {
    delta,
    standardError,
    z: delta / standardError,
    low: delta - 1.96 * standardError,
    high: delta + 1.96 * standardError,
    newlyRight: 20,
    newlyWrong: 12,
    images: 525,
    seeds: { candidate: 1, best: 1 },
    seedDeviation: 0.004,
    disagreement: 0.06,
    ...more,
  }
}

const TWO_SEEDS = { images: 1050, seeds: { candidate: 2, best: 2 }, newlyRight: 41, newlyWrong: 18 }
const BALANCED = { mode: 'balanced', metric: 'accuracy', costRatio: 1 } as const
const PAPER = { ...BALANCED, mode: 'paper' } as const

function confirmContext(more: Partial<ConfirmContext> = {}): ConfirmContext {
  return { ...BALANCED, screen: comparison(0.02, 0.01), hurtClass: null, classes: ['cat', 'dog'], canAffordAnother: true, ...more }
}

describe('the first look', () => {
  test.each([
    [0.0024, 'reject'],
    [0.0026, 'confirm'],
    [0.05, 'confirm'],
    [-0.02, 'reject'],
  ])('balanced with a difference of %d and a standard error of 0.01: %s', (delta, verdict) => {
    expect(afterScreen(comparison(delta, 0.01), BALANCED)).toBe(verdict)
  })

  test.each([
    [0.0001, 'keep'],
    [0, 'reject'],
    [-0.0001, 'reject'],
  ])('the rule of the paper with a difference of %d: %s', (delta, verdict) => {
    expect(afterScreen(comparison(delta, 0.01), PAPER)).toBe(verdict)
  })

  test('a faster candidate is confirmed where a second seed could show that it loses nothing', () => {
    const faster = { ...BALANCED, costRatio: 0.7 }
    expect(afterScreen(comparison(0, 0.003), faster)).toBe('confirm')
    expect(afterScreen(comparison(0, 0.01), faster)).toBe('reject')
    expect(afterScreen(comparison(0, 0.003), BALANCED)).toBe('reject')
  })

  test('a rejection says why', () => {
    expect(decideAtScreen(comparison(-0.002, 0.007, { newlyRight: 20, newlyWrong: 21 }), BALANCED)).toMatchObject({
      verdict: 'rejected',
      label: null,
      stage: 'screen',
      reason:
        'rejected at the first look: -0.2 points (95 % -1.6..+1.2), 20 images newly right, 21 newly wrong, 1 seed, 525 images',
    })
  })

  test('what the paper keeps is called unproven where it may be luck', () => {
    expect(decideAtScreen(comparison(0.002, 0.007), PAPER)).toMatchObject({ verdict: 'kept', label: 'unproven', mode: 'paper' })
    expect(decideAtScreen(comparison(0.02, 0.007), PAPER)).toMatchObject({ verdict: 'kept', label: 'confirmed' })
  })

  test('a candidate that waits for its fresh seed is not decided', () => {
    expect(() => decideAtScreen(comparison(0.02, 0.01), BALANCED)).toThrow('waits for a fresh seed')
  })
})

describe('after a fresh seed', () => {
  test('a gain beyond luck is confirmed', () => {
    expect(afterConfirm(comparison(0.018, 0.0061, TWO_SEEDS), confirmContext())).toMatchObject({
      verdict: 'kept',
      label: 'confirmed',
      stage: 'confirm',
      reason: 'kept: +1.8 points (95 % +0.6..+3.0), 41 images newly right, 18 newly wrong, 2 seeds, 1,050 images',
    })
  })

  test('a gain that may be luck is kept and called unproven', () => {
    expect(afterConfirm(comparison(0.008, 0.007, TWO_SEEDS), confirmContext())).toMatchObject({
      verdict: 'kept',
      label: 'unproven',
      reason: 'kept, unproven: +0.8 points (95 % -0.6..+2.2), 41 images newly right, 18 newly wrong, 2 seeds, 1,050 images',
    })
  })

  test.each([
    [
      'lost what the first look saw',
      0.001,
      0.01,
      {},
      'rejected: +2.0 points did not hold with a fresh seed: +0.1 points (95 % -1.9..+2.1)',
    ],
    [
      'gained and stayed within luck',
      0.005,
      0.01,
      { screen: comparison(0.003, 0.01) },
      'rejected: within luck after a fresh seed: +0.5 points',
    ],
    ['is sure and tiny', 0.0009, 0.001, {}, 'rejected: a gain below +0.1 points is not worth a change: +0.09 points'],
    [
      'is slow and unproven',
      0.01,
      0.01,
      { costRatio: 1.8 },
      'rejected: takes 1.8 times as long, which an unproven gain does not pay: +1.0 points',
    ],
    [
      'costs a class',
      0.03,
      0.01,
      { hurtClass: { label: 0, images: 50, lostRecall: 0.12, deviations: 3.4 } },
      'rejected: class cat loses 12.0 points of recall, 3.4 standard errors: +3.0 points',
    ],
  ])('a change that %s is rejected', (_, delta, standardError, more, reason) => {
    const decision = afterConfirm(comparison(delta, standardError, TWO_SEEDS), confirmContext(more))
    expect(decision).toMatchObject({ verdict: 'rejected', label: null })
    expect(decision.reason.startsWith(reason)).toBe(true)
  })

  test('a slow change that is confirmed is kept', () => {
    expect(afterConfirm(comparison(0.03, 0.01, TWO_SEEDS), confirmContext({ costRatio: 1.8 }))).toMatchObject({
      label: 'confirmed',
    })
  })

  test('a faster pipeline that loses nothing is kept without claiming a gain', () => {
    const context = confirmContext({ costRatio: 0.7, screen: comparison(-0.001, 0.004) })
    const decision = afterConfirm(comparison(-0.001, 0.003, TWO_SEEDS), context)
    expect(decision).toMatchObject({ verdict: 'kept', label: 'simpler' })
    expect(decision.reason).toMatch(/^kept as the faster of two equals, 30 % less time: -0\.1 points/)
    expect(afterConfirm(comparison(-0.001, 0.004, TWO_SEEDS), context).verdict).toBe('rejected')
    expect(afterConfirm(comparison(-0.001, 0.003, TWO_SEEDS), { ...context, costRatio: 0.85 }).verdict).toBe('rejected')
  })

  test.each([
    [0.29, true, null, 2, false],
    [0.31, true, null, 2, true],
    [0.67, true, null, 2, true],
    [0.68, true, null, 2, false],
    [0.5, false, null, 2, false],
    [0.5, true, { label: 0, images: 9, lostRecall: 0.9, deviations: 4 }, 2, false],
    [0.5, true, null, 3, false],
  ])('z %d, time left %s, class hurt %j, %d seeds: another seed %s', (z, canAffordAnother, hurtClass, seeds, answer) => {
    const seen = comparison(z / 100, 0.01, { seeds: { candidate: seeds, best: seeds } })
    expect(needsAnotherSeed(seen, confirmContext({ canAffordAnother, hurtClass }))).toBe(answer)
  })

  test('a gain of log loss is told in nats', () => {
    const decision = afterConfirm(comparison(0.031, 0.01, TWO_SEEDS), confirmContext({ metric: 'log-loss' }))
    expect(decision.reason).toMatch(/^kept: \+0\.031 nats \(95 % \+0\.011\.\.\+0\.051\), 41 images newly right/)
  })

  test('a class name cannot write to the terminal', () => {
    const hurtClass = { label: 0, images: 50, lostRecall: 0.12, deviations: 3.4 }
    const decision = afterConfirm(comparison(0.03, 0.01), confirmContext({ hurtClass, classes: ['\u001B[2Jcat\n'] }))
    expect(decision.reason).not.toMatch(/[\p{Cc}]/u)
  })
})

test('a pipeline against itself is rejected in every mode', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.double({ min: 0.001, max: 0.05, noNaN: true }), (n, seedDeviation) => {
      const same = compareResults([someRight(n, n >> 1)], [someRight(n, n >> 1)], 'accuracy', seedDeviation)
      expect(decideAtScreen(same, BALANCED).verdict).toBe('rejected')
      expect(decideAtScreen(same, PAPER).verdict).toBe('rejected')
      expect(afterConfirm(same, confirmContext()).verdict).toBe('rejected')
    }),
  )
})

test('no two pipelines are both kept against each other on the same images', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }), (mine, theirs) => {
      const forth = compareResults([someRight(100, mine)], [someRight(100, theirs)], 'accuracy', 0.004)
      const back = compareResults([someRight(100, theirs)], [someRight(100, mine)], 'accuracy', 0.004)
      const kept = [forth, back].filter((seen) => afterConfirm(seen, confirmContext()).verdict === 'kept')
      expect(kept.length).toBeLessThan(2)
      expect([forth, back].filter((seen) => afterScreen(seen, PAPER) === 'keep').length).toBeLessThan(2)
    }),
  )
})

test('a failed candidate is rejected with the reason of its failure', () => {
  const seconds = { start: 1, smoke: 1, train: 0, predict: 0, score: 0 }
  const failed = {
    status: 'failed',
    stage: 'train',
    kind: 'diverged',
    message: 'the loss became nan at step 12',
    evidence: [],
    logTail: '',
    seconds,
  } as const
  expect(afterFailure(failed, 'balanced')).toEqual({
    verdict: 'rejected',
    label: null,
    mode: 'balanced',
    stage: 'failed',
    comparison: null,
    reason: 'rejected: failed in train (diverged): the loss became nan at step 12',
  })
})
