import { createHash } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ImageResults } from '../../src/core/evaluation.ts'
import type { FailureKind, Outcome } from '../../src/core/outcome.ts'
import type { Component, Pipeline } from '../../src/core/pipeline.ts'
import { deriveSeed } from '../../src/core/seeds.ts'
import type { RunSpec } from '../../src/core/run-spec.ts'
import type { Brief, Change, Team } from '../../src/core/team.ts'
import { makeRunFolder, openJournal } from '../../src/journal/index.ts'
import type { Journal } from '../../src/journal/index.ts'
import { makeTrialStore } from '../../src/journal/trial-store.ts'
import type { Evaluation, Evaluator } from '../../src/core/evaluator.ts'
import type { Run, RunJournal } from '../../src/refine/run.ts'
import { iterative } from '../../src/refine/strategies.ts'
import { sampleSpec } from './sample-run.ts'

/**
 * A world in which a pipeline's worth is written in its files: each file is "<component> <version> <accuracy it adds>". Trainings take
 * no time, images are drawn from the seed, and the same task always comes to the same.
 */

export const IMAGES = 2000

/**
 * What the team proposes, in order: component, and what the new file adds to the accuracy. "fails" does not train; "killed-once" ends
 * at the first attempt of each evaluation for a reason outside of it, and adds nothing.
 */
export type Script = readonly { readonly component: Component; readonly adds: number | 'fails' | 'killed-once' }[]

export const BRIEF = { metric: 'accuracy', classes: ['a', 'b'] } as unknown as Brief

export function scriptedTeam(script: Script): Team {
  const engineer = async (component: Component, trial: number): Promise<Change | null> => {
    const adds = script[trial - 1]?.adds ?? 0
    return {
      title: `${component} ${trial}`,
      kind: 'scripted',
      source: `${component} ${trial} ${adds}`,
      rationale: 'the script says so',
      fingerprint: `${component}-${trial}`,
      memo: { trial },
      labelSafety: null,
    }
  }
  const engineerOf = (component: Component) => (assignment: { evidence: { past: readonly unknown[] } }) =>
    engineer(component, assignment.evidence.past.length + 1)
  return {
    name: 'scripted',
    architect: async () => ({
      understanding: 'numbers',
      design: 'none',
      pipeline: { data: 'data 0 0', model: 'model 0 0', training: 'training 0 0' },
      memos: { data: null, model: null, training: null },
    }),
    analyst: async ({ past }) => {
      const next = script[past.length]
      if (next === undefined) return null
      const { component } = next
      return { diagnosis: 'scripted', bottleneck: 'plateau', component, task: 'go on', predictedGain: 0.01 }
    },
    engineers: { data: engineerOf('data'), model: engineerOf('model'), training: engineerOf('training') },
  }
}

export type Counted = {
  readonly evaluator: Evaluator
  readonly done: string[]
  readonly begun: string[]
  /** Trials whose weights were given back. */
  readonly discarded: number[]
}

/**
 * Scores by what the files say, which `addsOf` reads; remembers what it was asked, so that a test can see that nothing is trained
 * twice.
 */
export function syntheticEvaluator(memory: Map<string, Evaluation>, addsOf: (source: string) => string = thirdWord): Counted {
  const done: string[] = []
  const begun: string[] = []
  const discarded: number[] = []
  const score = (
    key: string,
    trial: number,
    pipeline: Pipeline,
    repeat: number,
    seed: number,
    split: 'val' | 'test',
  ): Evaluation => {
    const record = { trial, repeat, seed, folder: `trials/${trial}/${key}`, files: {} }
    const adds = Object.values(pipeline).map(addsOf)
    const isKilled = adds.includes('killed-once') && begun.filter((each) => each === `${trial}/${repeat}`).length === 1
    const evaluation =
      adds.includes('fails') || isKilled
        ? { outcome: failedOutcome(isKilled ? 'killed' : 'exception'), images: null, record }
        : { ...scored(0.8 + adds.reduce((total, each) => total + (Number(each) || 0), 0), seed, split), record }
    memory.set(record.folder, evaluation)
    return evaluation
  }
  return {
    done,
    begun,
    discarded,
    evaluator: {
      evaluate: async ({ trial, pipeline, repeat, seed }) => {
        begun.push(`${trial}/${repeat}`)
        const evaluation = score(`repeat-${repeat}`, trial, pipeline, repeat, seed, 'val')
        done.push(`${trial}/${repeat}`)
        return evaluation
      },
      recall: async (record) => memory.get(record.folder) ?? null,
      discard: async (trial) => void discarded.push(trial),
      refit: async ({ number }) => {
        const record = { trial: number, repeat: 0, seed: 1, folder: `trials/${number}/refit`, files: {} }
        return { record, training: trainingOf() }
      },
      test: async ({ number, pipeline }) => score('test', number, pipeline, 0, 7, 'test'),
    },
  }
}

function thirdWord(source: string): string {
  return source.split(' ')[2] ?? '0'
}

const trainingOf = () => ({
  fold: 0,
  steps: 100,
  trainSeconds: 1,
  cpuSeconds: 2,
  imagesPerSecond: 1000,
  cpuSecondsPerImage: 0.001,
  dataShare: 0.1,
  batchSize: 64,
  peakMemoryBytes: 1,
  parameterCount: 10,
  curve: [],
  dev: null,
})

/** The same images have the same difficulty for every pipeline: a better one is right where a worse one was, but for noise. */
function scored(accuracy: number, seed: number, split: 'val' | 'test'): { outcome: Outcome; images: ImageResults } {
  const labels = Int32Array.from({ length: IMAGES }, (_, index) => index % 2)
  const isRight = (index: number) => {
    const difficulty = uniform(split, index)
    const noise = 0.05 * (uniform(split, seed, index) - 0.5)
    return difficulty + noise < accuracy
  }
  const predicted = labels.map((label, index) => (isRight(index) ? label : 1 - label))
  const right = predicted.filter((each, index) => each === labels[index]).length / IMAGES
  const estimate = { value: right, low: right - 0.02, high: right + 0.02 }
  const metrics = {
    n: IMAGES,
    classCount: 2,
    metric: 'accuracy' as const,
    chosen: estimate,
    accuracy: estimate,
    balancedAccuracy: right,
    macroF1: right,
    logLoss: 1 - right,
    auc: null,
    topK: { k: 2, value: 1 },
    calibrationError: 0,
    perClass: [],
    confusions: [],
    independence: { checked: 1, agreement: 1, maxDifference: 0 },
  }
  const seconds = { start: 0, smoke: 0, train: 1, predict: 0, score: 0 }
  const outcome: Outcome = { status: 'scored', split, metrics, steps: 100, trainings: [trainingOf()], seconds }
  return { outcome, images: { parts: [split], labels, predicted, losses: new Float32Array(IMAGES), logits: null, classCount: 2 } }
}

function failedOutcome(kind: FailureKind): Outcome {
  const seconds = { start: 0, smoke: 1, train: 0, predict: 0, score: 0 }
  return {
    status: 'failed',
    stage: 'smoke',
    kind,
    message: 'shapes do not fit',
    evidence: ['model.py line 3: and a second one'],
    logTail: '',
    seconds,
  }
}

function uniform(...labels: readonly (string | number)[]): number {
  return createHash('sha256').update(labels.join(' ')).digest().readUInt32BE(0) / 2 ** 32
}

export async function newRunFolder(): Promise<string> {
  return (await makeRunFolder(await mkdtemp(join(tmpdir(), 'improve-loop-')), 'numbers', new Date())).folder
}

/** One session of work on a run folder; `interfere` may throw in place of an append, as a crash would. */
export async function openScriptedRun(
  folder: string,
  script: Script,
  counted: Counted,
  more: Partial<RunSpec> = {},
  interfere: (type: string) => void = () => {},
): Promise<{ run: Run; journal: Journal; openings: number[][] }> {
  const journal = await openJournal(folder, { onNote: () => {} })
  const spec = sampleSpec({ dataset: { ...sampleSpec().dataset, scheme: 'fixed' }, ...more })
  if (journal.state().spec === null) await journal.append({ type: 'run.started', spec })
  const openings: number[][] = []
  const watched: RunJournal = {
    state: journal.state,
    activeSeconds: journal.activeSeconds,
    append: async (event) => {
      interfere(event.type)
      return journal.append(event)
    },
  }
  const run: Run = {
    spec,
    brief: BRIEF,
    team: scriptedTeam(script),
    strategy: iterative,
    evaluator: counted.evaluator,
    journal: watched,
    trials: makeTrialStore(journal.folder, journal.state),
    hasSealedTest: true,
    heard: () => Promise.resolve([]),
    countOpening: async (trials) => openings.push([...trials]),
    stopSoon: new AbortController().signal,
  }
  return { run, journal, openings }
}

export const seedOf = (trial: number, repeat: number) => deriveSeed(sampleSpec().seed, 'evaluation', trial, repeat)
