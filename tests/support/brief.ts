import type { Brief, Evidence } from '../../src/core/team.ts'
import type { DevReport, Probe, ProbeName } from '../../src/core/evaluation.ts'
import { PROBES } from '../../src/core/evaluation.ts'

/** Grey pictures of 28 x 28 px of three classes, 60 passes long; every fact can be replaced. */
export function makeBrief(
  facts: Partial<Omit<Brief, 'card'>> & { readonly name?: string; readonly aspect?: readonly [number, number] } = {},
): Brief {
  const { name = 'pictures', aspect = [1, 1], ...given } = facts
  const brief = {
    about: null,
    metric: 'accuracy' as const,
    shape: [28, 28] as const,
    channels: 1 as const,
    classes: ['cat', 'dog', 'horse'],
    classCounts: [500, 400, 300],
    trainCount: 1200,
    valCount: 300,
    trainSeconds: 30,
    machine: { device: 'cpu', threads: 2, dtype: 'float32', referenceSpeed: 2400 },
    seed: 0,
    ...given,
  }
  return { ...brief, card: makeCard(brief, name, aspect) }
}

function makeCard(brief: Omit<Brief, 'card'>, name: string, [min, max]: readonly [number, number]): Brief['card'] {
  const [height, width] = brief.shape
  const one = (value: number) => ({ min: value, median: value, max: value })
  const none = { count: 0, examples: [] }
  return {
    version: 1,
    name,
    imageCount: brief.trainCount,
    classes: brief.classes.map((label, index) => ({ name: label, count: brief.classCounts[index] ?? 0 })),
    perPart: {},
    imbalance: Math.max(...brief.classCounts) / Math.min(...brief.classCounts),
    sizes: { width: one(width), height: one(height), aspect: { min, max } },
    storedShape: min === max ? [height, width] : null,
    edge: null,
    channels: brief.channels,
    mean: [0.5],
    std: [0.25],
    formats: { PNG: brief.trainCount },
    duplicates: { identicalGroups: 0, identicalImages: 0, nearGroups: 0, nearImages: 0, conflictingLabels: 0, droppedFromTrain: 0 },
    quarantined: { count: 0, examples: [] },
    stray: none,
    groups: { origin: 'none', count: 0, largest: 0 },
    scheme: 'rotating',
    testOrigin: 'sealed',
    ownSplits: [],
    warnings: [],
  }
}

/** Evidence of one scored baseline whose model was asked about 120 dev pictures, 112 of which it has right; `probes` replaces answers. */
export function makeEvidence(
  brief: Brief,
  dataMemo: unknown,
  probes: Partial<Record<ProbeName, Partial<Probe>>> | null = {},
): Evidence {
  const answer = { n: 120, right: 112, same: 118, confidence: 0.7 }
  const answers = PROBES.map((name) => [name, { ...answer, ...probes?.[name] }])
  const dev: DevReport = {
    n: 120,
    right: 112,
    loss: 0.2,
    perClass: [],
    confusions: [],
    probes: probes === null ? null : (Object.fromEntries(answers) as Record<ProbeName, Probe>),
  }
  const best = {
    trial: 0,
    pipeline: { data: '', model: '', training: '' },
    memos: { data: dataMemo, model: null, training: null },
    valScore: 0.93,
    curve: [],
    dev,
    imagesPerSecond: 2400,
    steps: 560,
    batchSize: 128,
    parameterCount: 100_000,
    trainSeconds: brief.trainSeconds,
  }
  return { brief, best, past: [], trialsLeft: 10, sinceKept: 0, allowed: ['data', 'model', 'training'], hints: [] }
}
