import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { goalLine, judge } from '../benchmarks/goal.ts'
import type { Goal } from '../benchmarks/goal.ts'
import { accountOf } from '../benchmarks/loop/orchestration.ts'
import { measureReplay } from '../benchmarks/loop/replay.ts'
import { readJournal } from '../src/journal/index.ts'
import { begun, closing, decided, ended, opening, proposed, scored, stampAll } from './support/sample-run.ts'

test('a goal in seconds may be judged by the mean of its repeats', () => {
  const repeats = [1, 1, 1, 1, 8]
  const goal: Goal = { name: 'a crash', rival: 'none', unit: 's', bound: 'at most', threshold: 2, judgedBy: 'mean', repeats }
  expect(judge(goal)).toMatchObject({ measured: 2.4, isMet: false })
  expect(judge({ ...goal, judgedBy: 'median' })).toMatchObject({ measured: 1, isMet: true })
  expect(goalLine(judge(goal))).toBe('a crash: 2.4 s, at most 2 s: short (rival: none; mean of 5, 1 s to 8 s)')
})

test('the time of a run is shared out: each trial from the one before, stages apart, the sealed test in the whole', () => {
  const outcome = scored(0.9)
  const events = stampAll([...opening(), proposed(1), begun(1), ended(1, outcome), decided(1, 'kept'), ...closing(1)]).map(
    // A minute passes between two events, and of that an evaluation of 38.25 s is all that trains.
    (event) => ({ ...event, activeSeconds: 5 + 60 * event.seq }),
  )
  const { intervals, wallSeconds, stageSeconds } = accountOf(events)
  expect(intervals).toEqual([
    { folder: 'trials/0000/repeat-0', wallSeconds: 180, stageSeconds: 38.25 },
    { folder: 'trials/0001/repeat-0', wallSeconds: 180, stageSeconds: 38.25 },
  ])
  expect(wallSeconds).toBe(60 * (events.length - 1))
  expect(stageSeconds).toBe(4 * 38.25)
})

test('the replayed journal is one that a run could have written, kept, rejected and failed trials in it', async () => {
  const scratch = await mkdtemp(join(tmpdir(), 'improve-replay-'))
  try {
    const folder = join(scratch, 'run')
    const replay = await measureReplay(folder, 45, 2)
    expect(replay).toMatchObject({ trialCount: 45, eventCount: 4 + 4 * 44 })
    expect([...replay.foldSeconds, ...replay.readSeconds].every((seconds) => seconds > 0)).toBe(true)
    const { state } = await readJournal(folder)
    expect(state.best).toBe(40)
    const statuses = state.trials.flatMap((trial) => trial.evaluations.map(({ finished }) => finished?.outcome.status))
    expect(statuses.filter((status) => status === 'failed')).toHaveLength(5)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
})
