import type { Ask } from '../../src/core/language-model.ts'
import { COMPONENTS } from '../../src/core/pipeline.ts'
import type { Component, Pipeline } from '../../src/core/pipeline.ts'
import { runEventSchema } from '../../src/core/run-events.ts'
import type { Blueprint, Broken, Change, Diagnosis, Proposal } from '../../src/core/team.ts'
import { summarizeChanges } from '../../src/core/trial.ts'
import { makeLlmTeam } from '../../src/team/llm/index.ts'
import { llmEvidence, OPTIONS, samplePipeline } from '../../tests/support/llm-team.ts'

export const ROLE_NAMES = ['architect', 'analyst', ...COMPONENTS, 'single', 'anything', 'zero-shot', 'repair'] as const
export type RoleName = (typeof ROLE_NAMES)[number]

/** What a role makes of replies; null where a repair is given up. */
export type Work = { readonly diagnosis: Diagnosis } | { readonly proposal: Proposal } | { readonly blueprint: Blueprint } | null

const EVIDENCE = llmEvidence()
const TASK: Diagnosis = {
  diagnosis: 'learnt by heart',
  bottleneck: 'overfitting',
  component: 'data',
  task: 'less of it',
  predictedGain: 0,
}
const { signal } = new AbortController()

/** Puts a question to whoever plays a role. Throws `NoValidReply` as the role does. */
export async function askRole(role: RoleName, ask: Ask): Promise<Work> {
  const team = makeLlmTeam(ask, OPTIONS)
  if (team.alone === undefined || team.repair === undefined) throw new Error('the team does not repair or work alone')
  if (role === 'analyst') return workOf('diagnosis', await team.analyst(EVIDENCE, signal))
  if (role === 'architect') return { blueprint: await team.architect(EVIDENCE.brief, signal) }
  if (role === 'zero-shot') return { blueprint: await team.alone.afresh(EVIDENCE.brief, 0, signal) }
  if (role === 'repair') return workOf('proposal', await team.repair.proposal(EVIDENCE, broken(), signal))
  if (role === 'single') return workOf('proposal', await team.alone.single(EVIDENCE, signal))
  if (role === 'anything') return workOf('proposal', await team.alone.anything(EVIDENCE, signal))
  const diagnosis = { ...TASK, component: role }
  const change = await team.engineers[role]({ diagnosis, evidence: EVIDENCE }, signal)
  return change === null ? null : { proposal: { diagnosis, changes: { [role]: change } } }
}

function workOf<Name extends string, Value>(name: Name, value: Value | null): Record<Name, Value> | null {
  return value === null ? null : ({ [name]: value } as Record<Name, Value>)
}

/** A proposal for training.py that did not train. */
function broken(): Broken<Proposal> {
  const source = samplePipeline('tiny').training.replace('WEIGHT_DECAY = 5e-4', 'WEIGHT_DECAY = UNKNOWN')
  const change: Change = {
    title: 'more weight decay',
    kind: 'regularise',
    source,
    rationale: 'learnt by heart',
    fingerprint: 'f',
    memo: { team: 'llm', author: 'engineer', understanding: '' },
    labelSafety: null,
  }
  const failure = {
    stage: 'smoke',
    kind: 'exception',
    message: "NameError: name 'UNKNOWN' is not defined",
    evidence: ['training.py line 13'],
    logTail: '',
  } as const
  return { work: { diagnosis: { ...TASK, component: 'training' }, changes: { training: change } }, earlierRepairs: 0, failure }
}

/** Why a piece of work could not go on to a training, a sentence each. */
export function faultsIn(work: NonNullable<Work>): string[] {
  if ('diagnosis' in work) return eventFaults(work.diagnosis, null, null)
  if ('blueprint' in work) return [...eventFaults(null, null, work.blueprint.pipeline), ...sourceFaults(work.blueprint.pipeline)]
  const { diagnosis, changes } = work.proposal
  const sources = Object.fromEntries(Object.entries(changes).map(([name, change]) => [name, change?.source ?? '']))
  const unchanged = COMPONENTS.filter((name) => sources[name] === EVIDENCE.best.pipeline[name])
  return [
    ...eventFaults(diagnosis, work.proposal, null),
    ...sourceFaults(sources),
    ...(Object.keys(changes).length === 0 ? ['it changes nothing'] : []),
    ...unchanged.map((name) => `${name}.py is as it was`),
  ]
}

/** What the journal would not take. */
function eventFaults(diagnosis: Diagnosis | null, proposal: Proposal | null, pipeline: Pipeline | null): string[] {
  const hash = '0'.repeat(64)
  const hashes = Object.fromEntries(COMPONENTS.map((name) => [name, hash]))
  const event = {
    type: 'trial.proposed',
    trial: 1,
    base: 0,
    diagnosis,
    changes: summarizeChanges(proposal),
    pipeline: hashes,
    teamSeconds: 0,
  }
  const { success, error } = runEventSchema.safeParse(JSON.parse(JSON.stringify({ ...event, refusal: null })))
  const gain = diagnosis?.predictedGain ?? 0
  return [
    ...(success ? [] : [`the journal does not take it: ${error.message}`]),
    ...(gain >= 0 && gain <= 1 ? [] : [`a gain of ${gain}`]),
    ...(pipeline === null || COMPONENTS.every((name) => typeof pipeline[name] === 'string') ? [] : ['a file is missing']),
  ]
}

const MAX_BYTES = 64 * 1024
const MUST_DEFINE: Readonly<Record<Component, RegExp>> = {
  data: /^def eval_transform\b/m,
  model: /^def build_model\b/m,
  training: /^def configure\b/m,
}

function sourceFaults(sources: Readonly<Record<string, string>>): string[] {
  return COMPONENTS.flatMap((name) => {
    const source = sources[name]
    if (source === undefined) return []
    return [
      ...(MUST_DEFINE[name].test(source) ? [] : [`${name}.py does not define what it must`]),
      ...(Buffer.byteLength(source) <= MAX_BYTES ? [] : [`${name}.py has ${Buffer.byteLength(source)} bytes`]),
      ...(/(?![\n\t])\p{Cc}/u.test(source) ? [`${name}.py holds control characters`] : []),
    ]
  })
}
