import { expect, test } from 'vitest'
import type { CurvePoint } from '../../core/evaluation.ts'
import type { Evidence } from '../../core/team.ts'
import { evidenceOf } from '../../../tests/support/playbook-evidence.ts'
import { diagnose } from './diagnose.ts'

const main = (evidence: Evidence) => diagnose(evidence)[0]
const weightOf = (evidence: Evidence, bottleneck: string) =>
  diagnose(evidence).find((one) => one.bottleneck === bottleneck)?.weight ?? 0

test('a train accuracy far above dev is learning by heart, said with its numbers', () => {
  const found = main(evidenceOf({ train: 0.991, dev: 0.843, devCount: 126, passes: 31 }, { trainCount: 1600 }))
  expect(found?.bottleneck).toBe('overfitting')
  expect(found?.sentence).toContain('train 99.1 % against dev')
  expect(found?.sentence).toContain('after 31 passes')
  expect(found?.sentence).toContain('(n = ')
})

test('the same gap is no finding where dev has too few images to show it', () => {
  const fit = { train: 0.84, dev: 0.8, passes: 20 }
  const few = { valCount: 50 }
  expect(weightOf(evidenceOf({ ...fit, devCount: 50 }, few), 'overfitting')).toBe(0)
  expect(weightOf(evidenceOf({ ...fit, devCount: 6000 }, few), 'overfitting')).toBeGreaterThan(0)
})

test('a val far below dev counts as learning by heart although train and dev agree', () => {
  const found = main(evidenceOf({ train: 0.96, dev: 0.95, val: 0.82, passes: 30 }))
  expect(found?.bottleneck).toBe('overfitting')
  expect(found?.sentence).toContain('val 82.0 % (n = 2,000) after 30 passes over the images; val lies below dev')
})

test('a loss on dev that rises again is said', () => {
  const curve: CurvePoint[] = [0.5, 0.4, 0.45, 0.9].map((devLoss, index) => ({
    fraction: (index + 1) / 4,
    runningLoss: 0.5 - index / 10,
    trainAccuracy: 0.99,
    devAccuracy: 0.85,
    trainLoss: 0.1,
    devLoss,
  }))
  expect(main(evidenceOf({ train: 0.99, dev: 0.85, passes: 40, curve }))?.sentence).toContain('rose again from 0.40 to 0.90')
})

test('few passes and a poor fit of its own images are too short a training', () => {
  expect(main(evidenceOf({ train: 0.86, dev: 0.85, passes: 3 }))?.bottleneck).toBe('undertrained')
  expect(weightOf(evidenceOf({ train: 0.999, dev: 0.99, passes: 3 }), 'undertrained')).toBe(0)
})

test('the same poor fit after many flat passes is a net that sees too little', () => {
  expect(main(evidenceOf({ train: 0.8, dev: 0.79, passes: 60 }))?.bottleneck).toBe('underfitting')
})

test('a steep rise at the end is a training that was cut off, not a net that sees too little', () => {
  const found = diagnose(evidenceOf({ train: 0.82, dev: 0.81, passes: 28, lateRise: 0.12 })).map((one) => one.bottleneck)
  expect(found[0]).toBe('undertrained')
  expect(found).not.toContain('underfitting')
})

function losses(values: readonly number[]): CurvePoint[] {
  return values.map((runningLoss, index) => ({
    fraction: (index + 1) / values.length,
    runningLoss,
    trainAccuracy: 0.95,
    devAccuracy: 0.94,
    trainLoss: null,
    devLoss: null,
  }))
}

test('a training loss that jumps is unstable, and so is a start at the loss of guessing', () => {
  const jump = main(evidenceOf({ train: 0.95, dev: 0.94, passes: 20, curve: losses([1.2, 0.6, 2.4, 0.8, 0.5, 0.4, 0.3, 0.3]) }))
  expect(jump?.bottleneck).toBe('unstable')
  expect(jump?.sentence).toContain('from 0.60 to 2.40 at 38 %')
  const lost = main(evidenceOf({ train: 0.95, dev: 0.94, passes: 20, curve: losses([2.31, 2.3, 1.9, 1.4, 1, 0.8, 0.6, 0.5]) }))
  expect(lost?.sentence).toContain('still that of guessing (2.30)')
  expect(weightOf(evidenceOf({ train: 0.95, dev: 0.94, passes: 20, curve: losses([1.2, 0.7, 0.72, 0.5]) }), 'unstable')).toBe(0)
})

const UNEVEN = { classes: ['a', 'b', 'c', 'd', 'e'], classCounts: [1000, 900, 800, 40, 30], trainCount: 2770 }

test('rare classes that are seldom right are an imbalance, more so where the metric weighs classes alike', () => {
  const fit = { train: 0.95, dev: 0.9, passes: 20, devCount: 800, recalls: [0.95, 0.95, 0.95, 0.3, 0.3] }
  const plain = weightOf(evidenceOf(fit, UNEVEN), 'imbalance')
  const balanced = evidenceOf(fit, { ...UNEVEN, metric: 'balanced-accuracy' })
  expect(plain).toBeGreaterThan(0)
  expect(weightOf(balanced, 'imbalance')).toBeGreaterThan(plain)
  expect(main(balanced)?.bottleneck).toBe('imbalance')
  expect(main(balanced)?.sentence).toContain('33 times the images of the smallest')
})

test('equal recalls of uneven classes are no finding for plain accuracy', () => {
  const fit = { train: 0.96, dev: 0.95, passes: 20, devCount: 2700 }
  expect(weightOf(evidenceOf(fit, UNEVEN), 'imbalance')).toBe(0)
})

test('one class far below the others is found, one that is low by luck is not', () => {
  const recalls = [0.95, 0.95, 0.4, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95]
  const found = diagnose(evidenceOf({ train: 0.93, dev: 0.9, passes: 20, recalls }))
  expect(found.find((one) => one.bottleneck === 'imbalance')?.sentence).toContain('of coat')
  const slight = recalls.map((recall) => (recall < 0.5 ? 0.88 : recall))
  expect(weightOf(evidenceOf({ train: 0.93, dev: 0.94, passes: 20, recalls: slight }), 'imbalance')).toBe(0)
})

test('a class of five images of which four are wrong is too small a part to be what is wrong', () => {
  const classes = Array.from({ length: 40 }, (_, index) => `s${index}`)
  const fit = { train: 1, dev: 1, val: 0.97, devCount: 200, passes: 60, recalls: [0.2, ...Array<number>(39).fill(1)] }
  expect(weightOf(evidenceOf(fit, { classes, trainCount: 280, valCount: 350 }), 'imbalance')).toBe(0)
})

test('two pairs of classes that make most errors are a confusion, both directions counted', () => {
  const confusions = [
    [6, 9, 25],
    [9, 6, 20],
    [2, 4, 12],
    [0, 1, 2],
  ] as const
  const found = main(evidenceOf({ train: 0.93, dev: 0.88, passes: 20, devCount: 600, confusions }))
  expect(found?.bottleneck).toBe('confusion')
  expect(found?.sentence).toContain('shirt / top and coat / pullover make 81 %')
  const spread = confusions.map(([a, b]) => [a, b, 3] as const)
  expect(weightOf(evidenceOf({ train: 0.93, dev: 0.88, passes: 20, confusions: spread }), 'confusion')).toBe(0)
})

test('few passes at a fraction of what the machine can do are too dear a step', () => {
  const found = diagnose(evidenceOf({ train: 0.97, dev: 0.96, passes: 4, imagesPerSecond: 500 }))
  expect(found[0]?.bottleneck).toBe('slow')
  expect(weightOf(evidenceOf({ train: 0.97, dev: 0.96, passes: 4, imagesPerSecond: 9000 }), 'slow')).toBe(0)
})

test('where nothing stands out, small gains are what is left; many rejections in a row say so too', () => {
  expect(main(evidenceOf({ train: 0.97, dev: 0.965, passes: 40 }))?.bottleneck).toBe('plateau')
  const fit = { train: 0.99, dev: 0.85, passes: 40 }
  expect(main(evidenceOf(fit))?.bottleneck).toBe('overfitting')
  const stuck = main(evidenceOf(fit, {}, { sinceKept: 10 }))
  expect(stuck?.sentence).toContain('10 changes in a row brought nothing')
})

test('without a curve and without dev there is still a finding', () => {
  const bare = evidenceOf({ train: 0.9, dev: 0.9, passes: 10, curve: [] })
  const evidence = { ...bare, best: { ...bare.best, dev: null } }
  expect(main(evidence)?.sentence).toContain('nothing is known of the fit')
})
