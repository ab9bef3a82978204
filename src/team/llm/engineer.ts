import { gainUnit } from '../../core/metric-scale.ts'
import type { Component } from '../../core/pipeline.ts'
import type { Assignment, Engineer, Evidence } from '../../core/team.ts'
import { checkChanges, fileName } from './check-change.ts'
import { craftOf, lessonsBlock, nextTrial, surroundingsOf } from './common-text.ts'
import { converse } from './dialogue.ts'
import { costText } from './evidence-text.ts'
import { dataBlock } from './fence.ts'
import { makeMemo, understandingIn } from './memo.ts'
import { outlinesText, filesText, othersThan } from './pipeline-text.ts'
import { prompt } from './prompt.ts'
import { Refusal } from './refusal.ts'
import { readCode } from './reply.ts'
import type { Desk } from './settings.ts'

const LESSON_TOKENS = 80
/** Characters of the files that the engineer does not write. */
const OTHERS_LENGTH = 500
const TITLES: Readonly<Record<Component, string>> = {
  data: 'Data Engineer',
  model: 'Model Engineer',
  training: 'Training Engineer',
}
const FORM = `{"title": "short name of the change", "kind": "its family in a word or two, such as regularise", "rationale": "why it helps here, one sentence", "expect": "which figure should move"}`
/** The Data Engineer also says why labels stay true. */
const DATA_FORM = FORM.replace('}', ', "labelSafety": "why changed pictures keep their class, or null"}')

/** The engineer of one component: the new source of its file for the Analyst's task. */
export function makeEngineer(desk: Desk, component: Component): Engineer {
  return async (assignment, signal) => {
    const { diagnosis, evidence } = assignment
    const opening = {
      role: component,
      trial: nextTrial(evidence),
      instructions: engineerInstructions(desk, component, evidence),
      text: question(component, assignment),
      diagnosis,
    } as const
    const asked = {
      components: [component],
      evidence,
      otherwise: { title: diagnosis.task, kind: diagnosis.bottleneck },
      memo: makeMemo('engineer', understandingIn(evidence.best.memos)),
    }
    return converse(
      desk.ask,
      opening,
      ({ text, end }) => {
        const change = checkChanges(readCode(text, { isCut: end === 'cut', expected: component }), asked)[component]
        if (change === undefined) throw new Refusal(`the reply holds no new ${fileName(component)}; send this file`)
        return change
      },
      signal,
    )
  }
}

export function engineerInstructions(desk: Desk, component: Component, evidence: Evidence): string {
  return prompt('engineer', {
    title: TITLES[component],
    file: fileName(component),
    craft: craftOf(component),
    rules: prompt('code-rules'),
    contract: desk.contract[component],
    form: component === 'data' ? DATA_FORM : FORM,
    ...surroundingsOf(desk, evidence),
  })
}

function question(component: Component, { diagnosis, evidence }: Assignment): string {
  const { best, past, brief } = evidence
  const own = past.filter(({ components }) => components.includes(component))
  return prompt('engineer-task', {
    file: fileName(component),
    others: outlinesText(best.pipeline, othersThan(component), OTHERS_LENGTH),
    current: filesText(best.pipeline, [component]),
    cost: costText(evidence),
    unit: gainUnit(brief.metric),
    lessons: lessonsBlock(own, evidence, LESSON_TOKENS),
    task: dataBlock('task', { diagnosis: diagnosis.diagnosis, task: diagnosis.task }),
  })
}
