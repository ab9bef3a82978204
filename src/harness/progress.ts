import type { StageSeconds } from '../core/outcome.ts'

/** How far an evaluation is; `curve` is what the training process says of itself. */
export type Progress = {
  readonly stage: 'train' | 'predict'
  readonly fold: number
  /** 0..1 of this stage of this fold. */
  readonly share: number
  readonly expectedSeconds?: number
  readonly curve?: Curve
}

export type Curve = {
  readonly loss?: number | null | undefined
  readonly trainAccuracy?: number | null | undefined
  readonly devAccuracy?: number | null | undefined
}

type TimedStage = keyof StageSeconds

/** Adds up wall seconds by stage; at most one stage runs at a time. */
export class Stopwatch {
  private readonly total: Record<TimedStage, number> = { start: 0, smoke: 0, train: 0, predict: 0, score: 0 }
  private running: { stage: TimedStage; since: number } | null = null

  enter(stage: TimedStage): void {
    this.stop()
    this.running = { stage, since: performance.now() }
  }

  stop(): void {
    if (this.running !== null) this.total[this.running.stage] += (performance.now() - this.running.since) / 1000
    this.running = null
  }

  get seconds(): StageSeconds {
    return { ...this.total }
  }
}
