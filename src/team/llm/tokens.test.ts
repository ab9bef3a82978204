import { expect, test } from 'vitest'
import { codeReply, llmEvidence, OPTIONS, samplePipeline } from '../../../tests/support/llm-team.ts'
import { pastTrial } from '../../../tests/support/playbook-evidence.ts'
import type { Ask, Question } from '../../core/language-model.ts'
import { PROBES } from '../../core/evaluation.ts'
import type { DevReport } from '../../core/evaluation.ts'
import type { Component, Pipeline } from '../../core/pipeline.ts'
import type { Change, Diagnosis, Evidence, PastTrial } from '../../core/team.ts'
import { CHARACTERS_A_TOKEN } from './lessons-text.ts'
import { makeMemos } from './memo.ts'
import { makeLlmTeam } from './team.ts'

/** A rough tokenizer: characters of prompts and replies over a fixed number, all answers and questions of a run. */
const tokensOf = (text: string) => text.length / CHARACTERS_A_TOKEN

const TRIALS = 20
const KEPT = [2, 5, 9, 14]
const REPAIRED = [3, 15]
const MALFORMED = [6]
const ORDER: readonly Component[] = ['training', 'data', 'training', 'model', 'data', 'model']
const UNDERSTANDING =
  'Single objects photographed by day, centred and upright; shape and texture tell the classes apart, colour helps. Mirroring and moderate crops are safe, upside-down pictures do not occur.'

/** A change of the size that models write: a constant with its reason and a helper of five lines. */
function changed(source: string, trial: number): string {
  const helper = `def adjust_${trial}(values, info):\n    """Scales values by the share that FACTOR_${trial} names, within the limits of the data."""\n    limit = max(1, info.train_count // 100)\n    scaled = [value * FACTOR_${trial} for value in values]\n    return scaled[:limit]\n`
  const lines = source.trimEnd().split('\n')
  const place = lines.findIndex((line) => /^[A-Z_]+ = /.test(line))
  const constant = `FACTOR_${trial} = 0.${trial}5  # share of the step; chosen so that the gap between train and dev closes by a third`
  return `${[...lines.slice(0, place), constant, ...lines.slice(place)].join('\n')}\n\n\n${helper}`
}

/** Every third reply gives the whole file, the others the parts that change. */
function replyOf(component: Component, before: string, trial: number): string {
  const facts = {
    title: `narrower band of the schedule ${trial}`,
    kind: 'regularise',
    rationale:
      'Train is far above dev after forty passes, so the last third of the training should see harder pictures at a smaller rate.',
    expect: 'train falls by about two points, dev rises by half a point',
  }
  const after = changed(before, trial)
  if (trial % 3 === 0) return codeReply(facts, { [`${component}.py`]: after })
  const [anchor = ''] = before.split('\n').filter((line) => /^[A-Z_]+ = /.test(line))
  const helper = after.slice(after.lastIndexOf('def adjust_'))
  const parts = `<<<<<<< SEARCH\n${anchor}\n=======\nFACTOR_${trial} = 0.${trial}5  # share of the step; chosen so that the gap between train and dev closes by a third\n${anchor}\n\n\n${helper}>>>>>>> REPLACE`
  return codeReply(facts, { [`${component}.py`]: parts })
}

/** A line of the broken file, which the question shows, is put right. */
function repairOf(component: Component, question: Question, trial: number): string {
  const text = question.turns[0]?.text ?? ''
  const line = text.split('\n').find((each) => each.startsWith(`FACTOR_${trial} = `)) ?? ''
  const parts = `<<<<<<< SEARCH\n${line}\n=======\nFACTOR_${trial} = 0.25  # share of the step, as before; the helper takes the facts of the data, too\n>>>>>>> REPLACE`
  return codeReply({ rationale: 'The helper was called with too few arguments.' }, { [`${component}.py`]: parts })
}

function analysisOf(trial: number): string {
  const component = ORDER[trial % ORDER.length] ?? 'data'
  return JSON.stringify({
    diagnosis: `train 96.4 % against dev 87.${trial % 10} % after 38 passes, and the gap grew by 1.1 points over the last quarter: the net learns the pictures by heart`,
    bottleneck: 'overfitting',
    component,
    task: `In ${component}.py, introduce a constant FACTOR_${trial} of 0.${trial}5 and a helper that scales the values of the last third of the training by it; apply it before the loss is taken. Leave the other constants as they are, and keep the number of steps.`,
    predictedGain: 0.5,
  })
}

const DEV: DevReport = {
  n: 640,
  right: 560,
  loss: 0.41,
  perClass: Array.from({ length: 10 }, (_, index) => ({ count: 64, right: 45 + index })),
  confusions: Array.from({ length: 12 }, (_, index) => [index % 10, (index + 3) % 10, 20 - index] as const),
  probes: Object.fromEntries(
    PROBES.map((name) => [name, { n: 256, right: 200, same: 190, confidence: 0.52 }]),
  ) as DevReport['probes'],
}

function evidenceAt(best: Evidence['best'], past: readonly PastTrial[]): Evidence {
  return llmEvidence(
    {},
    {
      facts: { shape: [96, 96], channels: 3, trainCount: 6000 },
      rest: { best, past, sinceKept: past.length % 4, trialsLeft: TRIALS - past.length },
      pipeline: best.pipeline,
    },
  )
}

/** Counts what goes over the wire while replies of realistic length come back. */
function counting(replyTo: (question: Question) => string) {
  const count = { input: 0, output: 0, calls: 0 }
  const ask: Ask = (question) => {
    const text = replyTo(question)
    count.calls++
    count.input += tokensOf(question.instructions) + question.turns.reduce((total, turn) => total + tokensOf(turn.text), 0)
    count.input += question.schema === null ? 0 : tokensOf(JSON.stringify(question.schema))
    count.output += tokensOf(text)
    return Promise.resolve({ text, end: 'complete' })
  }
  return { ask, count }
}

test('twenty trials take at most 110,000 tokens in and 15,000 visible ones out', async () => {
  const { signal } = new AbortController()
  const start = samplePipeline('scratch')
  let current: { evidence: Evidence; trial: number; isAgain: boolean } | null = null
  const { ask, count } = counting((question) => {
    const isSecond = question.turns.length > 1
    if (question.role === 'architect')
      return codeReply(
        { understanding: UNDERSTANDING, design: UNDERSTANDING },
        { 'data.py': start.data, 'model.py': start.model, 'training.py': start.training },
      )
    const { evidence, trial, isAgain } = current!
    if (question.role === 'analyst')
      return MALFORMED.includes(trial) && !isSecond ? 'I think the data should be changed.' : analysisOf(trial)
    const component = question.role as Component
    const source = evidence.best.pipeline[component]
    if (isAgain) return repairOf(component, question, trial)
    return replyOf(component, source, trial)
  })
  const team = makeLlmTeam(ask, OPTIONS)
  const memos = makeMemos('architect', UNDERSTANDING)
  const first = evidenceAt({ ...llmEvidence().best, pipeline: start, memos, dev: DEV }, [])
  await team.architect(first.brief, signal)
  let best = first.best
  const past: PastTrial[] = []
  for (let trial = 1; trial <= TRIALS; trial++) {
    const evidence = evidenceAt(best, past)
    current = { evidence, trial, isAgain: false }
    const diagnosis = (await team.analyst(evidence, signal)) as Diagnosis
    const { component } = diagnosis
    let change = (await team.engineers[component]({ diagnosis, evidence }, signal)) as Change
    if (REPAIRED.includes(trial)) {
      current = { evidence, trial, isAgain: true }
      const failure = {
        stage: 'smoke',
        kind: 'exception',
        message: `${component}.py line 42: TypeError: adjust() missing 1 required positional argument: 'info'`,
        evidence: ['called from configure'],
        logTail: 'Traceback (most recent call last):\n'.padEnd(900, 'x'),
      } as const
      const repaired = await team.repair?.proposal(
        evidence,
        { work: { diagnosis, changes: { [component]: change } }, earlierRepairs: 0, failure },
        signal,
      )
      change = repaired?.changes[component] ?? change
    }
    const isKept = KEPT.includes(trial)
    past.push(
      pastTrial(trial, component, change.kind, isKept ? 0.7 : -0.3, {
        title: change.title,
        base: best.trial,
        fingerprint: change.fingerprint,
      }),
    )
    const pipeline: Pipeline = { ...best.pipeline, [component]: change.source }
    if (isKept) best = { ...best, trial, pipeline }
  }
  expect(count.calls).toBe(1 + 2 * TRIALS + REPAIRED.length + MALFORMED.length)
  expect(count.input).toBeLessThanOrEqual(110_000)
  expect(count.output).toBeLessThanOrEqual(15_000)
  // Replies that are shorter than real ones would prove nothing.
  expect(count.output).toBeGreaterThan(10_000)
})
