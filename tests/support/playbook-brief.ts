import type { Brief } from '../../src/core/team.ts'

/** A brief for pictures of `shape`; what the playbook's designs look at is true to it, the card is empty. */
export function makeBrief(shape: readonly [number, number], changes: Partial<Brief> = {}): Brief {
  const classes = changes.classes ?? Array.from({ length: 10 }, (_, index) => `class ${index}`)
  const trainCount = changes.trainCount ?? 1000
  return {
    card: emptyCard,
    about: null,
    metric: 'accuracy',
    shape,
    channels: 1,
    classes,
    classCounts: classes.map(() => Math.ceil(trainCount / classes.length)),
    trainCount,
    valCount: 500,
    trainSeconds: 60,
    machine: { device: 'cpu', threads: 2, dtype: 'float32', referenceSpeed: 2500 },
    seed: 0,
    ...changes,
  }
}

const range = { min: 1, median: 1, max: 1 }
const emptyCard: Brief['card'] = {
  version: 1,
  name: 'pictures',
  imageCount: 0,
  classes: [],
  perPart: {},
  imbalance: 1,
  sizes: { width: range, height: range, aspect: { min: 1, max: 1 } },
  storedShape: null,
  edge: null,
  channels: 1,
  mean: [0.5],
  std: [0.25],
  formats: {},
  duplicates: {
    identicalGroups: 0,
    identicalImages: 0,
    nearGroups: 0,
    nearImages: 0,
    conflictingLabels: 0,
    droppedFromTrain: 0,
  },
  quarantined: { count: 0, examples: [] },
  stray: { count: 0, examples: [] },
  groups: { origin: 'content', count: 0, largest: 0 },
  scheme: 'pooled',
  testOrigin: 'sealed',
  ownSplits: [],
  warnings: [],
}
