import { gainUnit } from '../../core/metric-scale.ts'
import type { Alone, Blueprint, Brief, Change, Diagnosis, Evidence, Proposal } from '../../core/team.ts'
import { LESSON_TOKENS } from './analyst.ts'
import { machineText, picturesText, weightsText } from './brief-text.ts'
import { checkChanges, checkPipeline, textOf } from './check-change.ts'
import { checkDiagnosis } from './check-diagnosis.ts'
import { craftOf, lessonsBlock, nextTrial, steering, surroundingsOf } from './common-text.ts'
import { converse } from './dialogue.ts'
import { evidenceText } from './evidence-text.ts'
import { makeMemo, makeMemos, understandingIn } from './memo.ts'
import { filesText } from './pipeline-text.ts'
import { prompt } from './prompt.ts'
import { Refusal } from './refusal.ts'
import { readCode } from './reply.ts'
import type { CodeReply } from './reply.ts'
import type { Desk } from './settings.ts'

type Scope = 'one' | 'any'

/** One prompt in the place of the five roles, for comparisons. */
export function makeAlone(desk: Desk): Alone {
  return {
    single: (evidence, signal) => change(desk, evidence, 'one', signal),
    anything: (evidence, signal) => change(desk, evidence, 'any', signal),
    afresh: (brief, draw, signal) => writeAfresh(desk, brief, draw, signal),
  }
}

export function aloneInstructions(desk: Desk, evidence: Evidence, scope: Scope): string {
  return prompt('single', {
    scope: prompt(`scope-${scope}`),
    dataCraft: craftOf('data'),
    modelCraft: craftOf('model'),
    trainingCraft: craftOf('training'),
    rules: prompt('code-rules'),
    contract: desk.contract.whole,
    unit: gainUnit(evidence.brief.metric),
    ...surroundingsOf(desk, evidence),
  })
}

async function change(desk: Desk, evidence: Evidence, scope: Scope, signal: AbortSignal): Promise<Proposal> {
  const opening = {
    role: 'single',
    trial: nextTrial(evidence),
    instructions: aloneInstructions(desk, evidence, scope),
    text: prompt('single-task', {
      files: filesText(evidence.best.pipeline),
      evidence: evidenceText(evidence, !desk.datasetInfo),
      lessons: lessonsBlock(evidence.past, evidence, LESSON_TOKENS),
      ...steering(evidence),
    }),
  } as const
  return converse(
    desk.ask,
    opening,
    ({ text, end }) => {
      const reply = readCode(text, { isCut: end === 'cut', expected: null })
      return scope === 'one' ? oneChange(reply, evidence) : anyChanges(reply, evidence)
    },
    signal,
  )
}

/** Exactly one file: two are refused, since to choose between them would be to guess. */
function oneChange(reply: CodeReply, evidence: Evidence): Proposal {
  const [file, ...more] = reply.files
  if (file === undefined || more.length > 0)
    throw new Refusal('a step changes exactly one file; send the one that you want to change, and only this one')
  const facts = {
    ...reply.facts,
    component: file.component,
    task: reply.facts['task'] ?? reply.facts['title'] ?? 'the change itself',
  }
  const diagnosis = checkDiagnosis(facts, evidence.allowed, evidence.brief.metric)
  return { diagnosis, changes: changesOf(reply, evidence, diagnosis) }
}

/** No single component is to blame or to praise, so there is no diagnosis of one; what was diagnosed goes with the reasons. */
function anyChanges(reply: CodeReply, evidence: Evidence): Proposal {
  const diagnosis = textOf(reply.facts['diagnosis'], 600)
  const rationale = [diagnosis, textOf(reply.facts['rationale'], 600)].filter((text) => text !== '').join(' ')
  const facts = { ...reply.facts, rationale }
  return { diagnosis: null, changes: changesOf({ ...reply, facts }, evidence, null) }
}

function changesOf(reply: CodeReply, evidence: Evidence, diagnosis: Diagnosis | null): Readonly<Partial<Record<string, Change>>> {
  return checkChanges(reply, {
    components: evidence.allowed,
    evidence,
    otherwise: { title: diagnosis?.task ?? 'a change without a name', kind: diagnosis?.bottleneck ?? 'other' },
    memo: makeMemo('single', understandingIn(evidence.best.memos)),
  })
}

/** The paper's comparison: a plain question, answered once; the contract takes the place of a finished program. */
async function writeAfresh(desk: Desk, brief: Brief, draw: number, signal: AbortSignal): Promise<Blueprint> {
  const opening = {
    role: 'zero-shot',
    trial: draw,
    instructions: prompt('zero-shot', { contract: desk.contract.whole }),
    text: prompt('zero-shot-task', {
      pictures: picturesText(brief),
      machine: machineText(brief),
      weights: weightsText(desk.weights),
      draw: draw === 0 ? '' : `(Answer ${draw + 1} of several that are written independently of each other.)`,
    }),
  } as const
  return converse(
    desk.ask,
    opening,
    ({ text, end }) => {
      const pipeline = checkPipeline(readCode(text, { isCut: end === 'cut', expected: null }), {})
      return { understanding: '', design: `answer ${draw + 1} to one plain question`, pipeline, memos: makeMemos('zero-shot', '') }
    },
    signal,
  )
}
