/**
 * Says how far a series of trainings is and how long it will last, from few reports and the clock. All times are seconds since the
 * evaluation began. Nothing is taken from what was asked for once there is something measured: a busy machine is slower.
 */
export class TrainingClock {
  private readonly starts: number[] = []
  private expected = 1
  private reported = 0
  private reportedAt = 0

  /** A training begins, expected to last `expectedSeconds`. */
  begin(now: number, expectedSeconds: number): void {
    this.starts.push(now)
    this.expected = expectedSeconds
    this.reported = 0
    this.reportedAt = now
  }

  /** The current training has done `share`, 0..1. */
  report(now: number, share: number): void {
    this.reported = share
    this.reportedAt = now
  }

  /** 0..1 of the current training; between reports it goes on at the pace so far, and never reaches 1 by itself. */
  share(now: number): number {
    return Math.max(this.reported, Math.min(this.reported + (now - this.reportedAt) / this.pace(), 0.99))
  }

  /** Of this training and `later` others, each with its start and its prediction. */
  secondsLeft(now: number, later: number): number {
    return (1 - this.share(now)) * this.pace() + later * this.cycle()
  }

  /** Seconds of one training. */
  private pace(): number {
    const elapsed = this.reportedAt - (this.starts.at(-1) ?? 0)
    return this.reported > 0 && elapsed > 0 ? elapsed / this.reported : this.expected
  }

  /** Seconds from the start of one training to that of the next; before there is a second one, what came before the first is added. */
  private cycle(): number {
    const first = this.starts[0] ?? 0
    const last = this.starts.at(-1) ?? 0
    return this.starts.length > 1 ? (last - first) / (this.starts.length - 1) : first + this.pace()
  }
}
