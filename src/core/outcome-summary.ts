import type { Outcome, StageSeconds } from './outcome.ts'
import type { OutcomeSummary } from './run-events.ts'

/** An outcome as a line of the journal. */
export function summarize(outcome: Outcome): OutcomeSummary {
  const seconds = totalSeconds(outcome.seconds)
  if (outcome.status === 'failed') {
    const { stage, kind, message, evidence } = outcome
    return { status: 'failed', stage, kind, message, evidence: [...evidence], seconds }
  }
  const { split, metrics, steps, trainings } = outcome
  const sum = (of: (training: (typeof trainings)[number]) => number) => trainings.reduce((total, each) => total + of(each), 0)
  return {
    status: 'scored',
    split,
    chosen: metrics.chosen,
    accuracy: metrics.accuracy,
    n: metrics.n,
    steps,
    trainSeconds: sum((training) => training.trainSeconds),
    cpuSeconds: sum((training) => training.cpuSeconds),
    seconds,
    imagesPerSecond: sum((training) => training.imagesPerSecond) / Math.max(1, trainings.length),
    cpuSecondsPerImage: trainings[0]?.cpuSecondsPerImage ?? null,
    parameterCount: trainings[0]?.parameterCount ?? 0,
  }
}

export function totalSeconds(seconds: StageSeconds): number {
  return Object.values(seconds).reduce((total, value) => total + value, 0)
}
