import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { meanCurve, poolDevReports } from './dev-report.ts'
import { PROBES } from './evaluation.ts'
import type { CurvePoint, DevReport, Probe } from './evaluation.ts'

const report = (over: Partial<DevReport> = {}): DevReport => ({
  n: 10,
  right: 8,
  loss: 0.5,
  perClass: [
    { count: 6, right: 5 },
    { count: 4, right: 3 },
  ],
  confusions: [
    [0, 1, 1],
    [1, 0, 1],
  ],
  probes: null,
  ...over,
})

const probes = (probe: Probe) => Object.fromEntries(PROBES.map((name) => [name, probe])) as NonNullable<DevReport['probes']>

const point = (over: Partial<CurvePoint> = {}): CurvePoint => ({
  fraction: 0.5,
  runningLoss: 1,
  trainAccuracy: 0.8,
  devAccuracy: 0.6,
  trainLoss: 1,
  devLoss: 2,
  ...over,
})

test('counts of several folds add up, and their losses are weighted by images', () => {
  const pooled = poolDevReports([report(), null, report({ n: 30, right: 15, loss: 0.9, confusions: [[1, 0, 15]] })])
  expect(pooled).toEqual({
    n: 40,
    right: 23,
    loss: expect.closeTo(0.8, 12),
    perClass: [
      { count: 12, right: 10 },
      { count: 8, right: 6 },
    ],
    confusions: [
      [1, 0, 16],
      [0, 1, 1],
    ],
    probes: null,
  })
})

test('folds without dev images give no report', () => {
  expect(poolDevReports([])).toBeNull()
  expect(poolDevReports([null, null])).toBeNull()
})

test('probes are pooled over the trainings that had time for them', () => {
  const pooled = poolDevReports([
    report({ probes: probes({ n: 20, right: 15, same: 16, confidence: 0.9 }) }),
    report(),
    report({ probes: probes({ n: 10, right: 4, same: 9, confidence: 0.4 }) }),
  ])
  expect(pooled?.probes?.mirror).toEqual({ n: 30, right: 19, same: 25, confidence: expect.closeTo(0.8, 12) })
})

test('a probe that no picture failed has no confidence', () => {
  const all = probes({ n: 20, right: 20, same: 20, confidence: 0 })
  expect(poolDevReports([report({ probes: all }), report({ probes: all })])?.probes?.hue).toEqual({
    n: 40,
    right: 40,
    same: 40,
    confidence: 0,
  })
})

test('the report of one fold alone is that report', () => {
  expect(poolDevReports([report()])).toEqual(report())
})

test('the mean curve leaves out what a training does not know, place by place and in order', () => {
  const curves = [
    [point({ fraction: 0.5 }), point({ fraction: 1, devAccuracy: 0.9 })],
    [point({ fraction: 1, devAccuracy: null, runningLoss: null }), point({ fraction: 0.5, devAccuracy: 0.4, runningLoss: 3 })],
  ]
  expect(meanCurve(curves)).toEqual([
    point({ fraction: 0.5, devAccuracy: 0.5, runningLoss: 2 }),
    point({ fraction: 1, devAccuracy: 0.9, runningLoss: 1 }),
  ])
  expect(meanCurve([[point({ devLoss: null })]])).toEqual([point({ devLoss: null })])
  expect(meanCurve([])).toEqual([])
})

test('the mean of a curve with itself is that curve', () => {
  const value = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null })
  const record = fc.record({ runningLoss: value, trainAccuracy: value, devAccuracy: value, trainLoss: value, devLoss: value })
  fc.assert(
    fc.property(fc.array(record, { maxLength: 8 }), (points) => {
      const curve = points.map((values, index) => ({ fraction: (index + 1) / 8, ...values }))
      expect(meanCurve([curve, curve])).toEqual(curve)
    }),
  )
})
