import type { Decision } from '../../src/core/decision.ts'
import type { ChangeSummary, OutcomeSummary, RunEvent, StampedEvent } from '../../src/core/run-events.ts'
import type { RunSpec } from '../../src/core/run-spec.ts'
import type { RunState } from '../../src/core/run-state.ts'
import { evaluationFolder } from '../../src/core/run-layout.ts'

/** Events of runs that never took place, for whoever reads journals. */

export function sampleSpec(more: Partial<RunSpec> = {}): RunSpec {
  return {
    version: 1,
    name: 'faces',
    createdAt: '2026-11-23T06:00:00.000Z',
    dataset: {
      source: '/data/faces',
      groups: null,
      key: 'k',
      contentHash: 'c',
      scheme: 'rotating',
      imageCount: 5250,
      classes: ['anna', 'berta'],
    },
    about: null,
    metric: 'accuracy',
    team: 'playbook',
    llm: null,
    components: ['data', 'model', 'training'],
    repairs: 0,
    strategy: 'iterative',
    pick: 'analyst',
    keep: 'balanced',
    leaveOut: null,
    init: 'architect',
    seed: 0,
    budget: { timeSeconds: 1800, wallSeconds: null, trials: 12, trainSeconds: 30, target: null, patience: 8 },
    refitTimes: 1,
    refit: true,
    machine: { device: 'cpu', threads: 2, dtype: 'bfloat16', channelsLast: true, referenceSpeed: 900 },
    sandbox: { level: 2, description: 'bubblewrap 0.8.0' },
    versions: { improve: '0.1.0', node: 'v24.21.0', torch: '2.13.0' },
    ...more,
  }
}

export const started = (more: Partial<RunSpec> = {}): RunEvent => ({ type: 'run.started', spec: sampleSpec(more) })

export const sampleChange = (more: Partial<ChangeSummary> = {}): ChangeSummary => ({
  component: 'training',
  title: 'warm up over a tenth of the steps',
  kind: 'schedule',
  rationale: 'the loss jumps in the first passes',
  fingerprint: 'f1',
  labelSafety: null,
  ...more,
})

/** Hashes as a trial of the given number would have; each trial differs from the others. */
export const sampleHashes = (trial: number) => ({
  data: hash(`d${trial}`),
  model: hash(`e${trial}`),
  training: hash(`f${trial}`),
})
const hash = (text: string) => Buffer.from(text).toString('hex').padEnd(64, '0')

export function proposed(trial: number, base: number | null = trial === 0 ? null : 0, text = 'a'): RunEvent {
  const diagnosis = {
    diagnosis: `train accuracy 0.99, dev 0.91: learnt by heart ${text}`,
    bottleneck: 'overfitting',
    component: 'training' as const,
    task: `regularise ${text}`,
    predictedGain: 0.01,
  }
  const isBaseline = trial === 0
  return {
    type: 'trial.proposed',
    trial,
    base,
    diagnosis: isBaseline ? null : diagnosis,
    changes: isBaseline ? [] : [sampleChange({ title: `warm up ${text}` })],
    pipeline: sampleHashes(trial),
    teamSeconds: 0.25,
    refusal: null,
  }
}

/** The seed that sample events give a repeat of a trial. */
export const seedOf = (trial: number, repeat: number): number => trial * 100 + repeat

export const begun = (trial: number, repeat = 0, attempt = 1): RunEvent => ({
  type: 'evaluation.started',
  trial,
  repeat,
  seed: seedOf(trial, repeat),
  attempt,
})

export const scored = (value: number, split: 'val' | 'test' = 'val', n = 1050): OutcomeSummary => ({
  status: 'scored',
  split,
  chosen: { value, low: value - 0.02, high: value + 0.02 },
  accuracy: { value, low: value - 0.02, high: value + 0.02 },
  n,
  steps: 1200,
  trainSeconds: 30.5,
  cpuSeconds: 58,
  seconds: 38.25,
  imagesPerSecond: 2400,
  cpuSecondsPerImage: 0.0008,
  parameterCount: 181_000,
})

export const failed: OutcomeSummary = {
  status: 'failed',
  stage: 'smoke',
  kind: 'exception',
  message: 'model.py: name "nm" is not defined',
  evidence: ['training.py line 4: and a second one'],
  seconds: 4.5,
}

export const recordOf = (trial: number, repeat = 0, folder = evaluationFolder(trial, repeat)) => ({
  trial,
  repeat,
  seed: seedOf(trial, repeat),
  folder,
  files: { 'outcome.json': hash('o') },
})

export const ended = (trial: number, outcome: OutcomeSummary, repeat = 0): RunEvent => ({
  type: 'evaluation.finished',
  record: recordOf(trial, repeat),
  outcome,
})

export const sampleDecision = (verdict: 'kept' | 'rejected', more: Partial<Decision> = {}) => ({
  verdict,
  label: verdict === 'kept' ? ('confirmed' as const) : null,
  mode: 'balanced' as const,
  stage: 'confirm' as const,
  comparison: {
    delta: verdict === 'kept' ? 0.018 : -0.004,
    standardError: 0.006,
    z: 3,
    low: 0.006,
    high: 0.03,
    newlyRight: 41,
    newlyWrong: 18,
    images: 1050,
    seeds: { candidate: 2, best: 2 },
    seedDeviation: 0.004,
    disagreement: 0.056,
  },
  reason: `${verdict}: +1.8 points (95 % +0.6..+3.0), 41 images newly right, 18 newly wrong, 2 seeds, 1,050 images`,
  ...more,
})

export const decided = (trial: number, verdict: 'kept' | 'rejected', lesson = 'schedule: warm-up helps'): RunEvent => ({
  type: 'trial.decided',
  trial,
  decision: sampleDecision(verdict),
  lesson,
})

/** A whole trial after the baseline: proposed, evaluated once, decided. */
export function wholeTrial(trial: number, value: number | null, verdict: 'kept' | 'rejected', base = 0): RunEvent[] {
  const outcome = value === null ? failed : scored(value)
  return [proposed(trial, base), begun(trial), ended(trial, outcome), decided(trial, verdict)]
}

/** The start of a run and its scored baseline. */
export const opening = (value = 0.881, more: Partial<RunSpec> = {}): RunEvent[] => [
  started(more),
  proposed(0),
  begun(0),
  ended(0, scored(value)),
]

/** From the end of the search to the end of the run. */
export const closing = (best: number): RunEvent[] => [
  { type: 'search.ended', reason: 'plateau: 8 rejections in a row', best },
  { type: 'refit.finished', trial: best, record: recordOf(best, 9, 'refit'), steps: 1500, trainSeconds: 30.5, cpuSeconds: 58 },
  { type: 'test.opened', trials: [0, best], openings: 1 },
  { type: 'test.scored', trial: 0, artefact: 'as scored', record: recordOf(0, 9, 'test/0000'), outcome: scored(0.87, 'test', 656) },
  {
    type: 'test.scored',
    trial: best,
    artefact: 'refit',
    record: recordOf(best, 9, 'test/best'),
    outcome: scored(0.905, 'test', 656),
  },
  { type: 'test.compared', comparison: sampleDecision('kept').comparison!, reason: '+3.5 points (95 % +1.2..+5.8), 656 images' },
  { type: 'run.finished', reason: 'plateau', best },
]

export const stampAll = (events: readonly RunEvent[]): StampedEvent[] =>
  events.map((event, seq) => ({ ...event, seq, at: new Date(1_800_000_000_000 + seq * 1000).toISOString(), activeSeconds: seq }))

/** An event that may follow `state`; `choice` decides which, `text` fills its words. */
export function anyEventAfter(state: RunState, choice: number, text: string): RunEvent {
  if (state.status === 'empty') return started({ about: text })
  if (state.status === 'interrupted') return { type: 'run.resumed' }
  const options: RunEvent[] = [{ type: 'run.resumed' }, { type: 'run.interrupted', reason: text }]
  const next = state.trials.length
  options.push(proposed(next, next === 0 ? null : choice % next, text))
  for (const trial of state.trials) {
    const evaluation = trial.evaluations[0]
    options.push(begun(trial.number, 0, (evaluation?.attempts ?? 0) + 1))
    if (evaluation?.finished === null) options.push(ended(trial.number, choice % 3 === 0 ? failed : scored((choice % 97) / 97)))
    else if (evaluation !== undefined && trial.decision === null) options.push(decided(trial.number, 'rejected', text))
  }
  return options[choice % options.length]!
}
