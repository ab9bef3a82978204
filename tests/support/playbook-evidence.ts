import { COMPONENTS } from '../../src/core/pipeline.ts'
import type { Component } from '../../src/core/pipeline.ts'
import type { CurvePoint, DevReport } from '../../src/core/evaluation.ts'
import type { BestSoFar, Brief, Evidence, Memos, PastTrial } from '../../src/core/team.ts'

const CLASSES = ['bag', 'boot', 'coat', 'dress', 'pullover', 'sandal', 'shirt', 'sneaker', 'trouser', 'top']

/** A brief of 8,000 grey pictures of 28 px in ten classes; `facts` replaces any of it. The card agrees with it. */
export function briefOf(facts: Partial<Brief> = {}): Brief {
  const classes = facts.classes ?? CLASSES
  const trainCount = facts.trainCount ?? 8000
  const classCounts = facts.classCounts ?? classes.map(() => Math.round(trainCount / classes.length))
  const shape = facts.shape ?? [28, 28]
  const channels = facts.channels ?? 1
  const card = cardOf(classes, classCounts, shape, channels)
  const machine = { device: 'cpu', threads: 2, dtype: 'bfloat16', referenceSpeed: 2500 }
  const known = { about: null, metric: 'accuracy', valCount: 2000, trainSeconds: 20, machine, seed: 7 } as const
  return { card, ...known, ...facts, classes, classCounts, trainCount, shape, channels }
}

function cardOf(
  classes: readonly string[],
  counts: readonly number[],
  [height, width]: readonly [number, number],
  channels: number,
) {
  const edge = (value: number) => ({ min: value, median: value, max: value })
  return {
    version: 1 as const,
    name: 'pictures',
    imageCount: counts.reduce((total, count) => total + count, 0),
    classes: classes.map((name, index) => ({ name, count: counts[index] ?? 0 })),
    perPart: {},
    imbalance: Math.max(...counts) / Math.max(1, Math.min(...counts)),
    sizes: { width: edge(width), height: edge(height), aspect: { min: width / height, max: width / height } },
    storedShape: [height, width] as [number, number],
    edge: null,
    channels,
    mean: Array<number>(channels).fill(0.4),
    std: Array<number>(channels).fill(0.3),
    formats: { png: 1 },
    duplicates: { identicalGroups: 0, identicalImages: 0, nearGroups: 0, nearImages: 0, conflictingLabels: 0, droppedFromTrain: 0 },
    quarantined: { count: 0, examples: [] },
    stray: { count: 0, examples: [] },
    groups: { origin: 'none', count: 0, largest: 1 },
    scheme: 'rotating' as const,
    testOrigin: 'sealed' as const,
    ownSplits: [],
    warnings: [],
  }
}

/** How a training went, in the few figures that differ between the recorded cases. */
export type Fit = {
  /** Accuracy at the end, 0..1. */
  readonly train: number
  readonly dev: number
  readonly val?: number
  readonly devCount?: number
  readonly passes: number
  /** How much of the train accuracy came in the last quarter. */
  readonly lateRise?: number
  readonly imagesPerSecond?: number
  readonly curve?: readonly CurvePoint[]
  /** Right of each class in dev, as shares; the default is `dev` for all. */
  readonly recalls?: readonly number[]
  readonly confusions?: DevReport['confusions']
  readonly parameterCount?: number
}

export function evidenceOf(fit: Fit, facts: Partial<Brief> = {}, rest: Partial<Evidence> & { memos?: Memos } = {}): Evidence {
  const brief = briefOf(facts)
  const { memos, ...more } = rest
  const best = bestOf(fit, brief, memos ?? { data: null, model: null, training: null })
  return { brief, best, past: [], trialsLeft: 12, sinceKept: 0, allowed: COMPONENTS, hints: [], ...more }
}

function bestOf(fit: Fit, brief: Brief, memos: Memos): BestSoFar {
  const batchSize = 100
  return {
    trial: 0,
    pipeline: { data: '', model: '', training: '' },
    memos,
    valScore: fit.val ?? fit.dev,
    curve: fit.curve ?? curveOf(fit, brief.classes.length),
    dev: devOf(fit, brief),
    imagesPerSecond: fit.imagesPerSecond ?? 5000,
    steps: Math.round((fit.passes * brief.trainCount) / batchSize),
    batchSize,
    parameterCount: fit.parameterCount ?? 160_000,
    trainSeconds: brief.trainSeconds,
  }
}

function curveOf({ train, dev, lateRise = 0.01 }: Fit, classCount: number): CurvePoint[] {
  return [1, 2, 3, 4, 5, 6, 7, 8].map((eighth) => {
    const missing = eighth <= 6 ? lateRise + (6 - eighth) * 0.02 : (lateRise * (8 - eighth)) / 2
    const runningLoss = Math.log(classCount) * (1 - Math.max(0, train - missing)) + 0.05
    const trainAccuracy = Math.max(0, train - missing)
    const devAccuracy = Math.max(0, dev - missing)
    return { fraction: eighth / 8, runningLoss, trainAccuracy, devAccuracy, trainLoss: runningLoss, devLoss: runningLoss + 0.1 }
  })
}

function devOf(fit: Fit, { classCounts, trainCount }: Brief): DevReport {
  const scale = (fit.devCount ?? 600) / Math.max(1, trainCount)
  const perClass = classCounts.map((classCount, index) => {
    const count = Math.max(1, Math.round(classCount * scale))
    return { count, right: Math.round(count * (fit.recalls?.[index] ?? fit.dev)) }
  })
  const n = perClass.reduce((total, { count }) => total + count, 0)
  const right = perClass.reduce((total, one) => total + one.right, 0)
  return { n, right, loss: 1 - fit.dev, perClass, confusions: fit.confusions ?? [], probes: null }
}

/** A scored past trial of one component; `points` is its measured gain in points, with an interval of 0.6 to either side. */
export function pastTrial(
  trial: number,
  component: Component,
  kind: string,
  points: number,
  facts: Partial<PastTrial> = {},
): PastTrial {
  const delta = points / 100
  const decision = points > 0 ? 'kept' : 'rejected'
  return {
    trial,
    base: 0,
    components: [component],
    title: `${component} ${kind} ${trial}`,
    kind,
    fingerprint: `past ${component} ${trial}`,
    bottleneck: null,
    predictedGain: 0.005,
    result: { status: 'scored', decision, delta, low: delta - 0.006, high: delta + 0.006, costRatio: 1 },
    ...facts,
  }
}
