import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { formatMeasured, goalLine, judge } from '../benchmarks/goal.ts'
import type { Goal } from '../benchmarks/goal.ts'
import { busyWarning, findBfloat16Flags } from '../benchmarks/machine-facts.ts'
import { renderTable, writeResult } from '../benchmarks/result.ts'
import type { Result } from '../benchmarks/result.ts'

const ROOT = join(import.meta.dirname, '..')

function goal(changes: Partial<Goal> = {}): Goal {
  const repeats = [9, 30, 21, 25, 22]
  return {
    name: 'loading',
    rival: 'the old way',
    unit: 'x',
    bound: 'at least',
    threshold: 20,
    judgedBy: 'median',
    repeats,
    ...changes,
  }
}

function result(goals: Result['goals']): Result {
  const load = [0.1, 0.2, 0.3]
  const machine = {
    cpuModel: 'a CPU',
    coreCount: 2,
    memoryBytes: 2 ** 34,
    platform: 'linux x64',
    hasBfloat16: false,
    bfloat16Flags: [],
  }
  return {
    version: 1,
    suite: 'harness',
    startedAt: '2030-01-02T03:04:05.000Z',
    seconds: 1,
    machine: { ...machine, loadBefore: load, loadAfter: load },
    warnings: [],
    torchVersion: '2.13.0',
    goals,
    figures: [{ name: 'start', unit: 's', repeats: [1, 2, 3], median: 2 }],
    details: {},
  }
}

test('a goal is judged by the middle repeat, and says the lowest and the highest', () => {
  expect(judge(goal())).toMatchObject({ measured: 22, low: 9, high: 30, isMet: true })
})

test('a goal that is judged by its worst repeat takes the lowest of "at least" and the highest of "at most"', () => {
  expect(judge(goal({ judgedBy: 'worst' }))).toMatchObject({ measured: 9, isMet: false })
  expect(judge(goal({ judgedBy: 'worst', bound: 'at most' }))).toMatchObject({ measured: 30, isMet: false })
})

test('a value on the threshold meets it, from either side', () => {
  expect(judge(goal({ threshold: 22 })).isMet).toBe(true)
  expect(judge(goal({ threshold: 22, bound: 'at most' })).isMet).toBe(true)
  expect(judge(goal({ threshold: 22.01 })).isMet).toBe(false)
  expect(judge(goal({ threshold: 21.99, bound: 'at most' })).isMet).toBe(false)
})

test('four repeats, or one that is not a positive number, are no measurement', () => {
  expect(() => judge(goal({ repeats: [1, 2, 3, 4] }))).toThrow('4 repeats, at least 5')
  expect(() => judge(goal({ repeats: [1, 2, 3, 4, Number.NaN] }))).toThrow('no measurement')
  expect(() => judge(goal({ repeats: [1, 2, 3, 4, 0] }))).toThrow('no measurement')
})

test('the line of a goal says ratio, threshold, pass or short, rival, repeats and spread', () => {
  expect(goalLine(judge(goal()))).toMatchInlineSnapshot(
    `"loading: 22x, at least 20x: pass (rival: the old way; median of 5, 9x to 30x)"`,
  )
  const share = goal({ unit: 'share', bound: 'at most', threshold: 0.05, repeats: [0.061, 0.0612, 0.06, 0.07, 0.0613] })
  expect(goalLine(judge(share))).toContain('6.12 %, at most 5 %: short')
})

test('measured values keep three digits', () => {
  expect([formatMeasured(19.96, 'x'), formatMeasured(1234.5, 'x'), formatMeasured(0.00123, 'share')]).toEqual([
    '20x',
    '1230x',
    '0.123 %',
  ])
})

test('bfloat16 instructions are found in the flags of x86-64 and of arm64, and not in longer names', () => {
  expect(findBfloat16Flags('model name : a\nflags\t\t: fpu avx512_bf16 amx_bf16 sse\n')).toEqual(['avx512_bf16', 'amx_bf16'])
  expect(findBfloat16Flags('Features\t: fp asimd bf16 sve\n')).toEqual(['bf16'])
  expect(findBfloat16Flags('flags : fpu avx512f svebf16\nbugs : bf16\n')).toEqual([])
})

test('a busy machine is warned of in relation to its cores', () => {
  expect(busyWarning(1, 2)).toContain('load average 1.00 on 2 cores')
  expect(busyWarning(1, 8)).toBeNull()
})

test('a later result of the same day is written beside the earlier one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'improve-results-'))
  try {
    const first = result([judge(goal())])
    const paths = [await writeResult(first, folder), await writeResult({ ...first, seconds: 2 }, folder)]
    expect(paths.map((path) => basename(path))).toEqual(['2030-01-02-harness.json', '2030-01-02-harness-2.json'])
    expect(JSON.parse(await readFile(paths[0] ?? '', 'utf8'))).toEqual(first)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('each table of docs/benchmarks.md is that of the results file it names', async () => {
  const page = await readFile(join(ROOT, 'docs', 'benchmarks.md'), 'utf8')
  const paths = [...page.matchAll(/benchmarks\/results\/[\w-]+\.json/g)].map((match) => match[0])
  expect(paths.length).toBeGreaterThan(0)
  for (const path of paths) {
    const stored = JSON.parse(await readFile(join(ROOT, path), 'utf8')) as Result
    expect(page).toContain(renderTable(stored, path))
  }
})
