import type { StageSeconds } from '../core/outcome.ts'

/** How far an evaluation is; `curve` is what the training process says of itself. */
export type Progress = {
  readonly stage: 'train' | 'predict'
  /** The first of the folds that are in this stage. */
  readonly fold: number
  /** 0..1 of this stage of these folds. */
  readonly share: number
  readonly expectedSeconds?: number
  readonly curve?: Curve
  /** All folds in this stage, when several are trained side by side; [fold] when left out. */
  readonly folds?: readonly number[]
  /** What is still to be trained after these folds, in times of one of them; 0 when left out. */
  readonly later?: number
}

export type Curve = {
  readonly loss?: number | null | undefined
  readonly trainAccuracy?: number | null | undefined
  readonly devAccuracy?: number | null | undefined
}

/** Makes one account of what trainings that run side by side tell: their mean, and predictions once all have ended. */
export class RoundProgress {
  private readonly shares: Map<number, { stage: Progress['stage']; share: number }>
  private readonly folds: readonly number[]
  private readonly later: number
  private readonly emit: (progress: Progress) => void
  private hasBegun = false

  constructor(folds: readonly number[], later: number, emit: (progress: Progress) => void) {
    this.shares = new Map(folds.map((fold) => [fold, { stage: 'train', share: 0 }]))
    this.folds = folds
    this.later = later
    this.emit = emit
  }

  readonly onProgress = (progress: Progress): void => {
    const { stage, fold, share, expectedSeconds, ...rest } = progress
    this.shares.set(fold, { stage, share })
    const states = [...this.shares.values()]
    const now = states.every((state) => state.stage === 'predict') ? 'predict' : 'train'
    const total = states.reduce((sum, state) => sum + (state.stage === now ? state.share : 1), 0)
    // The first to begin begins the round.
    const begins = expectedSeconds !== undefined && !this.hasBegun ? { expectedSeconds } : {}
    if (expectedSeconds !== undefined) this.hasBegun = true
    const { folds, later } = this
    this.emit({ ...rest, ...begins, stage: now, fold: folds[0] ?? fold, folds, later, share: total / states.length })
  }
}

type TimedStage = keyof StageSeconds

/** Adds up wall seconds by stage. While trainings run side by side, each has its part of the time: the sum stays what the clock on the wall says. */
export class Stopwatch {
  private readonly total: Record<TimedStage, number> = { start: 0, smoke: 0, train: 0, predict: 0, score: 0 }
  private readonly running = new Map<Lap, TimedStage>()
  private since = performance.now()

  /** The stages of one process. */
  lap(): Lap {
    const lap: Lap = {
      enter: (stage) => {
        this.settle()
        this.running.set(lap, stage)
      },
      stop: () => {
        this.settle()
        this.running.delete(lap)
      },
    }
    return lap
  }

  get seconds(): StageSeconds {
    return { ...this.total }
  }

  private settle(): void {
    const now = performance.now()
    for (const stage of this.running.values()) this.total[stage] += (now - this.since) / 1000 / this.running.size
    this.since = now
  }
}

export type Lap = { readonly enter: (stage: TimedStage) => void; readonly stop: () => void }
