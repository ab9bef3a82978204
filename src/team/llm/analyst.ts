import { gainUnit } from '../../core/metric-scale.ts'
import { COMPONENTS } from '../../core/pipeline.ts'
import type { Evidence, Team } from '../../core/team.ts'
import { checkDiagnosis, diagnosisSchema } from './check-diagnosis.ts'
import { isOnPlateau, lessonsBlock, nextTrial, steering, surroundingsOf } from './common-text.ts'
import { converse } from './dialogue.ts'
import { evidenceText } from './evidence-text.ts'
import { sumUp } from './historian.ts'
import { outlinesText } from './pipeline-text.ts'
import { prompt } from './prompt.ts'
import { readObject } from './reply.ts'
import type { Desk } from './settings.ts'

export const LESSON_TOKENS = 235
/** Characters of the files for reading; a structural move wants to see more of them than another constant does. */
const FILES_LENGTH = 1900
const FILES_ON_PLATEAU = 3300

/** The Performance Analyst: a diagnosis, one component, a task. */
export function makeAnalyst(desk: Desk): Team['analyst'] {
  return async (evidence, signal) => {
    const { allowed, brief } = evidence
    const opening = {
      role: 'analyst',
      trial: nextTrial(evidence),
      instructions: instructions(desk, evidence),
      text: await question(desk, evidence, signal),
      schema: diagnosisSchema(allowed),
    } as const
    return converse(desk.ask, opening, ({ text }) => checkDiagnosis(readObject(text), allowed, brief.metric), signal)
  }
}

function instructions(desk: Desk, evidence: Evidence): string {
  return prompt('analyst', {
    contract: desk.contract.overview,
    unit: gainUnit(evidence.brief.metric),
    ...surroundingsOf(desk, evidence),
  })
}

async function question(desk: Desk, evidence: Evidence, signal: AbortSignal): Promise<string> {
  return prompt('analyst-task', {
    files: outlinesText(evidence.best.pipeline, COMPONENTS, isOnPlateau(evidence) ? FILES_ON_PLATEAU : FILES_LENGTH),
    evidence: evidenceText(evidence, !desk.datasetInfo),
    lessons: desk.historian ? await sumUp(desk, evidence, signal) : lessonsBlock(evidence.past, evidence, LESSON_TOKENS),
    ...steering(evidence),
  })
}
