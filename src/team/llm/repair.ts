import { COMPONENTS } from '../../core/pipeline.ts'
import type { Component, Pipeline } from '../../core/pipeline.ts'
import { NoValidReply } from '../../core/team.ts'
import type { Blueprint, Brief, Broken, Change, Evidence, Proposal, Repair, TrialFailure } from '../../core/team.ts'
import { aloneInstructions } from './alone.ts'
import { architectInstructions } from './architect.ts'
import { checkPipeline, fileName, sourceOf, textOf } from './check-change.ts'
import { nextTrial } from './common-text.ts'
import { converse } from './dialogue.ts'
import type { Opening } from './dialogue.ts'
import { engineerInstructions } from './engineer.ts'
import { dataBlock, plainTail, plainText } from './fence.ts'
import { fingerprintOf, isSameCode } from './fingerprint.ts'
import { readMemo } from './memo.ts'
import { outlinesText, filesText } from './pipeline-text.ts'
import { prompt } from './prompt.ts'
import { Refusal } from './refusal.ts'
import { readCode } from './reply.ts'
import type { CodeReply } from './reply.ts'
import type { Desk } from './settings.ts'

const MESSAGE = 600
const EVIDENCE_LINES = 5
const LOG_TAIL = 900
/** Characters of the files that did not change. */
const OTHERS_LENGTH = 600
/** What each stage is, for who has not seen the harness. */
const STAGES: Readonly<Record<TrialFailure['stage'], string>> = {
  start: 'Its process did not start.',
  check: 'It was refused when its text was checked; nothing was run.',
  smoke: 'It was tried on a few batches.',
  train: 'Its training broke off.',
  predict: 'It was trained, and its predictions failed.',
  score: 'It was trained, and its predictions could not be scored.',
}

/**
 * What failed goes back to its author, as a fresh question with the broken files: a conversation that went before is not at hand after a
 * run was interrupted, and costs more than the files. Null when no valid reply comes.
 */
export function makeRepair(desk: Desk): Repair {
  return {
    blueprint: (brief, broken, signal) => orNull(repairBlueprint(desk, brief, broken, signal)),
    proposal: (evidence, broken, signal) => orNull(repairProposal(desk, evidence, broken, signal)),
  }
}

async function repairBlueprint(desk: Desk, brief: Brief, broken: Broken<Blueprint>, signal: AbortSignal): Promise<Blueprint> {
  const { work } = broken
  const opening: Opening = {
    role: 'architect',
    trial: 0,
    instructions: architectInstructions(desk, brief),
    text: question(broken, work.pipeline, COMPONENTS),
  }
  return converse(
    desk.ask,
    opening,
    ({ text, end }) => {
      const reply = readCode(text, { isCut: end === 'cut', expected: null })
      const pipeline = checkPipeline(reply, work.pipeline)
      refuseUnmended(reply, pipeline, work.pipeline)
      return { ...work, pipeline }
    },
    signal,
  )
}

async function repairProposal(desk: Desk, evidence: Evidence, broken: Broken<Proposal>, signal: AbortSignal): Promise<Proposal> {
  const { work } = broken
  const changed = COMPONENTS.filter((component) => work.changes[component] !== undefined)
  const pipeline = pipelineOf(evidence.best.pipeline, work)
  const opening: Opening = {
    ...authorOf(desk, evidence, work, changed),
    trial: nextTrial(evidence),
    text: question(broken, pipeline, changed),
  }
  const [only = null, ...more] = changed
  return converse(
    desk.ask,
    opening,
    ({ text, end }) => {
      const reply = readCode(text, { isCut: end === 'cut', expected: more.length === 0 ? only : null })
      const mine = { ...reply, files: reply.files.filter(({ component }) => changed.includes(component)) }
      refuseUnmended(mine, checkPipeline(mine, pipeline), pipeline)
      return { ...work, changes: mendedChanges(mine, work, evidence) }
    },
    signal,
  )
}

/** One engineer's work goes back to that engineer; what one prompt wrote, to that prompt. */
function authorOf(
  desk: Desk,
  evidence: Evidence,
  { changes }: Proposal,
  changed: readonly Component[],
): Pick<Opening, 'role' | 'instructions'> {
  const [component] = changed
  if (component === undefined) throw new Error('a proposal without changes cannot be repaired')
  const author = readMemo(changes[component]?.memo)?.author
  if (changed.length === 1 && author === 'engineer')
    return { role: component, instructions: engineerInstructions(desk, component, evidence) }
  return { role: 'single', instructions: aloneInstructions(desk, evidence, changed.length === 1 ? 'one' : 'any') }
}

function question({ failure, earlierRepairs }: Broken<unknown>, pipeline: Pipeline, changed: readonly Component[]): string {
  const others = COMPONENTS.filter((component) => !changed.includes(component))
  return prompt('repair', {
    files: changed.map(fileName).join(' and '),
    stage: STAGES[failure.stage],
    number: String(earlierRepairs + 1),
    others: others.length === 0 ? 'none' : outlinesText(pipeline, others, OTHERS_LENGTH),
    broken: filesText(pipeline, changed),
    failure: dataBlock('the failure', {
      kind: failure.kind,
      message: plainText(failure.message, MESSAGE),
      findings: failure.evidence.slice(0, EVIDENCE_LINES).map((line) => plainText(line, MESSAGE / 2)),
      'end of the log': plainTail(failure.logTail, LOG_TAIL),
    }),
  })
}

function pipelineOf(best: Pipeline, { changes }: Proposal): Pipeline {
  const source = (component: Component) => changes[component]?.source ?? best[component]
  return { data: source('data'), model: source('model'), training: source('training') }
}

function refuseUnmended({ files }: Pick<CodeReply, 'files'>, mended: Pipeline, broken: Pipeline): void {
  if (files.length > 0 && COMPONENTS.some((component) => !isSameCode(mended[component], broken[component]))) return
  throw new Refusal('the code is the same as the one that failed; change what caused the failure')
}

function mendedChanges({ facts, files }: CodeReply, { changes }: Proposal, evidence: Evidence): Proposal['changes'] {
  const mended = files.flatMap((file): [Component, Change][] => {
    const before = changes[file.component]
    if (before === undefined) return []
    const base = evidence.best.pipeline[file.component]
    const source = sourceOf(file, before.source)
    if (isSameCode(source, base))
      throw new Refusal(`${fileName(file.component)} is the best one again, without the change; mend it and keep the idea`)
    const note = textOf(facts['rationale'], 300)
    const rationale = note === '' ? before.rationale : `${before.rationale} Repaired: ${note}`
    return [[file.component, { ...before, source, rationale, fingerprint: fingerprintOf(file.component, source, base) }]]
  })
  return { ...changes, ...Object.fromEntries(mended) }
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (error instanceof NoValidReply) return null
    throw error
  }
}
