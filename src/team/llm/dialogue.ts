import type { Ask, LlmRole, Question, Reply, Turn } from '../../core/language-model.ts'
import { NoValidReply } from '../../core/team.ts'
import type { Diagnosis } from '../../core/team.ts'
import { plainText } from './fence.ts'
import { Refusal } from './refusal.ts'

/** How often a role may be told what was wrong with its reply. */
const RE_ASKS = 2
/** Of a reply that could not be used so much is shown again. */
const SHOWN_AGAIN = 6000

/** Visible output tokens at most; models that think count their thoughts in, so there is room for them. */
export const OUTPUT_TOKENS: Readonly<Record<LlmRole, number>> = {
  architect: 16_000,
  analyst: 6000,
  data: 10_000,
  model: 10_000,
  training: 10_000,
  single: 12_000,
  'zero-shot': 16_000,
  historian: 4000,
}

export type Opening = {
  readonly role: LlmRole
  readonly trial: number
  readonly instructions: string
  readonly text: string
  readonly schema?: Question['schema']
  /** For the record, when nothing comes of asking. */
  readonly diagnosis?: Diagnosis
}

/**
 * Asks, and hands the reply to `check`, which makes a value of it or throws a `Refusal`; then the model is told what was wrong and asked
 * again, twice at most. Throws `NoValidReply` when that was in vain.
 */
export async function converse<T>(ask: Ask, opening: Opening, check: (reply: Reply) => T, signal: AbortSignal): Promise<T> {
  const { role, trial, instructions, schema = null } = opening
  const question: Turn = { from: 'us', text: opening.text }
  let turns: readonly Turn[] = [question]
  let maxOutputTokens = OUTPUT_TOKENS[role]
  for (let asked = 0; ; asked++) {
    const reply = await ask({ role, trial, instructions, turns, schema, maxOutputTokens }, signal)
    const problem = problemWith(reply)
    const result = problem === null ? attempt(reply, check) : problem
    if (!(result instanceof Refusal)) return result
    if (asked === RE_ASKS) throw noValidReply(opening, result)
    if (reply.end === 'cut') maxOutputTokens = 2 * OUTPUT_TOKENS[role]
    turns = [
      question,
      { from: 'model', text: plainText(reply.text, SHOWN_AGAIN) || '(empty)' },
      { from: 'us', text: sayAgain(result) },
    ]
  }
}

function problemWith({ text, end }: Reply): Refusal | null {
  if (end === 'refused')
    return new Refusal(
      'you declined, yet this is harmless: the task is code that trains a classifier of pictures; please answer it',
    )
  return text.trim() === '' ? new Refusal('the reply was empty; answer in the form that was asked for') : null
}

function attempt<T>(reply: Reply, check: (reply: Reply) => T): T | Refusal {
  try {
    return check(reply)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return reply.end === 'cut' ? new Refusal(`${error.message}. The reply was cut at the most tokens allowed: be brief`) : error
  }
}

function sayAgain({ message }: Refusal): string {
  return `That reply cannot be used: ${message}.\nAnswer the question again, whole and in the form asked for.`
}

function noValidReply({ role, diagnosis }: Opening, { message }: Refusal): NoValidReply {
  const who = { data: 'data engineer', model: 'model engineer', training: 'training engineer' }[role as 'data'] ?? role
  return new NoValidReply(`no valid reply of the ${who} in ${RE_ASKS + 1} tries: ${message}`, diagnosis ?? null)
}
