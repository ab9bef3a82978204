import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { renderStepChart, ticks } from './step-chart.ts'
import type { Series } from './step-chart.ts'

const draw = (series: readonly Series[]) =>
  renderStepChart({ title: 'a < b', xLabel: 'x', yLabel: 'y', series, formatX: String, formatY: String })

const series = (name: string, points: Series['points']): Series => ({ name, color: '#000', points })

test.each([
  [0, 12, [0, 5, 10]],
  [0, 10, [0, 2, 4, 6, 8, 10]],
  [0.861, 0.879, [0.865, 0.87, 0.875]],
  [0, 0.021, [0, 0.005, 0.01, 0.015, 0.02]],
])('ticks between %f and %f are round', (low, high, expected) => {
  const found = ticks(low, high)
  expect(found).toHaveLength(expected.length)
  for (const [index, tick] of found.entries()) expect(tick).toBeCloseTo(expected[index]!, 9)
})

test('ticks lie within their range and are few, whatever the range', () => {
  const range = fc.tuple(fc.double({ min: -1e3, max: 1e3, noNaN: true }), fc.double({ min: 1e-3, max: 1e5, noNaN: true }))
  fc.assert(
    fc.property(range, ([low, width]) => {
      const found = ticks(low, low + width)
      expect(found.length).toBeLessThanOrEqual(6)
      expect(found.length).toBeGreaterThanOrEqual(1)
      const slack = 1e-9 * (Math.abs(low) + width)
      for (const tick of found) {
        expect(tick).toBeGreaterThanOrEqual(low - slack)
        expect(tick).toBeLessThanOrEqual(low + width + slack)
      }
    }),
  )
})

test('a line is flat to the next place and then steps, with a band where there is a deviation', () => {
  const points = [
    { x: 0, mean: 0, deviation: 0.5 },
    { x: 10, mean: 1, deviation: 0.5 },
  ]
  const [band, line] = [...draw([series('A', points)]).matchAll(/<path d="([^"]+)"/g)].map(([, path]) => path?.split(' L '))
  expect(line).toHaveLength(3)
  const [start, corner, end] = (line ?? []).map((point) => point.replace('M ', '').split(' ').map(Number))
  expect(corner).toEqual([end?.[0], start?.[1]])
  expect(end?.[1]).toBeLessThan(start?.[1] ?? 0)
  expect(band).toHaveLength(6)
})

test('without a deviation there is no band', () => {
  const svg = draw([
    series('A', [
      { x: 0, mean: 0, deviation: null },
      { x: 1, mean: 1, deviation: null },
    ]),
  ])
  expect(svg.match(/<path/g)).toHaveLength(1)
})

test('what cost nothing is drawn across, dotted', () => {
  const svg = draw([
    series('A', [{ x: 0, mean: 1, deviation: null }]),
    series('B', [
      { x: 0, mean: 0, deviation: null },
      { x: 8, mean: 2, deviation: null },
    ]),
  ])
  expect(svg).toMatch(/M 64\.0 \S+ L 692\.0 \S+ L 692\.0 \S+" fill="none" stroke="#000" stroke-width="2" stroke-dasharray="1 5"/)
})

test('names at one place are moved apart, and words are escaped', () => {
  const points = [
    { x: 0, mean: 0, deviation: null },
    { x: 1, mean: 1, deviation: null },
  ]
  const svg = draw([series('A', points), series('<B>', points)])
  const heights = [...svg.matchAll(/bold"><text x="[^"]+" y="([^"]+)"/g)].map(([, y]) => Number(y))
  expect(Math.abs((heights[0] ?? 0) - (heights[1] ?? 0))).toBeGreaterThanOrEqual(12)
  expect(svg).toContain('&lt;B&gt;')
  expect(svg).toContain('a &lt; b')
})

test('curves that are all one value are drawn, too', () => {
  const points = [
    { x: 0, mean: 0, deviation: null },
    { x: 3, mean: 0, deviation: null },
  ]
  expect(draw([series('A', points)])).not.toMatch(/NaN|Infinity/)
})
