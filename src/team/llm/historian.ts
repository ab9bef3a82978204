import { gainUnit } from '../../core/metric-scale.ts'
import type { Evidence } from '../../core/team.ts'
import { lessonsBlock, nextTrial } from './common-text.ts'
import { converse } from './dialogue.ts'
import { DATA_RULE, dataBlock, plainText } from './fence.ts'
import { prompt } from './prompt.ts'
import { cleanReply } from './reply-blocks.ts'
import type { Desk } from './settings.ts'

const PAST_TOKENS = 4000
const SUMMARY_LENGTH = 2000

/** The past in a model's own words, as data for the Analyst. */
export async function sumUp(desk: Desk, evidence: Evidence, signal: AbortSignal): Promise<string> {
  const { past, brief } = evidence
  if (past.length === 0) return 'nothing yet'
  const opening = {
    role: 'historian',
    trial: nextTrial(evidence),
    instructions: prompt('historian', { dataRule: DATA_RULE }),
    text: prompt('historian-task', { unit: gainUnit(brief.metric), lessons: lessonsBlock(past, evidence, PAST_TOKENS) }),
  } as const
  const summary = await converse(desk.ask, opening, ({ text }) => plainText(cleanReply(text).trim(), SUMMARY_LENGTH), signal)
  return dataBlock('summary of past proposals', summary)
}
