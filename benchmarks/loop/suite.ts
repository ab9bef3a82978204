import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median } from '../../src/core/statistics.ts'
import { judge, MIN_REPEATS } from '../goal.ts'
import type { JudgedGoal } from '../goal.ts'
import type { Figure, Measured } from '../result.ts'
import { measureCrashes } from './crash.ts'
import type { Crash } from './crash.ts'
import { measureOrchestration } from './orchestration.ts'
import type { Orchestration, RunRequest } from './orchestration.ts'
import { measureReplay } from './replay.ts'
import type { Replay } from './replay.ts'
import { PICTURE_COUNT, stage } from './stage.ts'
import { measureStarts } from './starts.ts'
import type { Starts } from './starts.ts'

const START_REPEATS = 10
const START_GAIN = 4
/** The baseline is evaluated twice, so that there are as many evaluations as a goal needs. */
const RUN: RunRequest = { trials: 4, trainSeconds: 10 }
const ORCHESTRATION_SHARE = 0.05
const CRASH_SECONDS = 2
const REPLAYED_TRIALS = 10_000
const REPLAY_SECONDS = 0.5

/** What the loop adds to the trainings: starting processes, deciding, failing, reading its own journal. */
export async function runLoopSuite(onNote: (line: string) => void, signal: AbortSignal): Promise<Measured> {
  const scratch = await mkdtemp(join(tmpdir(), 'improve-bench-'))
  try {
    onNote(`replay of ${REPLAYED_TRIALS} trials`)
    const replay = await measureReplay(join(scratch, 'long-run'), REPLAYED_TRIALS, MIN_REPEATS)
    const staged = await stage(scratch, onNote, signal)
    onNote('start-up, cold and warm')
    const starts = await measureStarts(staged, START_REPEATS, signal)
    onNote('crashing proposals')
    const crashes = await measureCrashes(staged, MIN_REPEATS, signal)
    onNote(`a run of ${RUN.trials} proposals of ${RUN.trainSeconds} s`)
    const run = await measureOrchestration(staged, RUN, signal)
    const setting = { pictureCount: PICTURE_COUNT, run: RUN, sandbox: staged.sandbox }
    return {
      torchVersion: staged.torchVersion,
      goals: [...startGoals(starts), orchestrationGoal(run), crashGoal(crashes), replayGoal(replay)],
      figures: [...startFigures(starts), ...runFigures(run), ...otherFigures(crashes, replay)],
      details: { setting, machine: staged.tools.machine, starts, run, crashes, replay },
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

function startGoals(starts: Starts): JudgedGoal[] {
  const names = { train: 'warm start of a training', predict: 'warm start of a prediction' } as const
  return (['train', 'predict'] as const).map((mode) => {
    const { cold, warm } = starts[mode]
    return judge({
      name: names[mode],
      rival: 'a process that starts when it is called, in the same sandbox',
      unit: 'x',
      bound: 'at least',
      threshold: START_GAIN,
      judgedBy: 'median',
      repeats: cold.map((seconds, index) => seconds / (warm[index] ?? Number.NaN)),
    })
  })
}

/** The part of a trial's time in which no stage of it runs: deciding, writing, taking over and ending processes. */
function orchestrationGoal({ intervals }: Orchestration): JudgedGoal {
  return judge({
    name: `orchestration of a trial of ${RUN.trainSeconds} s`,
    rival: 'the wall time of the trial',
    unit: 'share',
    bound: 'at most',
    threshold: ORCHESTRATION_SHARE,
    judgedBy: 'mean',
    repeats: intervals.map(({ wallSeconds, stageSeconds }) => 1 - stageSeconds / wallSeconds),
  })
}

function crashGoal(crashes: readonly Crash[]): JudgedGoal {
  return judge({
    name: 'a net that raises, beyond the start of its process',
    rival: 'none',
    unit: 's',
    bound: 'at most',
    threshold: CRASH_SECONDS,
    judgedBy: 'median',
    repeats: crashes.map(({ wallSeconds, startSeconds }) => wallSeconds - startSeconds),
  })
}

function replayGoal({ foldSeconds }: Replay): JudgedGoal {
  return judge({
    name: `replay of ${REPLAYED_TRIALS.toLocaleString('en')} trials, the fold`,
    rival: 'none',
    unit: 's',
    bound: 'at most',
    threshold: REPLAY_SECONDS,
    judgedBy: 'median',
    repeats: foldSeconds,
  })
}

function startFigures({ train, predict }: Starts): Figure[] {
  return [
    figure('start of a training to ready, cold', 's', train.cold),
    figure('start of a training to ready, warm', 's', train.warm),
    figure('start of a prediction to ready, cold', 's', predict.cold),
    figure('start of a prediction to ready, warm', 's', predict.warm),
  ]
}

function runFigures({ intervals, stages, wallSeconds, stageSeconds, afterSeconds }: Orchestration): Figure[] {
  const shareOutside = 1 - stageSeconds / (wallSeconds + afterSeconds)
  const outside = intervals.map((interval) => interval.wallSeconds - interval.stageSeconds)
  const names = { start: 'starts', smoke: 'smoke run', predict: 'predict', score: 'score' } as const
  return [
    figure('orchestration of the whole run, test and best/ included', '%', [100 * shareOutside]),
    figure('a trial outside its stages', 's', outside),
    ...(['start', 'smoke', 'predict', 'score'] as const).map((stageName) =>
      figure(
        `${names[stageName]} of a trial`,
        's',
        stages.map((seconds) => seconds[stageName]),
      ),
    ),
  ]
}

function otherFigures(crashes: readonly Crash[], { readSeconds }: Replay): Figure[] {
  return [
    figure(
      'a net that raises, start included',
      's',
      crashes.map(({ wallSeconds }) => wallSeconds),
    ),
    figure('replay of the same journal: read, check and fold', 's', readSeconds),
  ]
}

function figure(name: string, unit: string, repeats: readonly number[]): Figure {
  return { name, unit, repeats, median: median(repeats) }
}
