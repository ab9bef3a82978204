import { formatSeconds } from '../core/format.ts'
import type { Question, Reply } from '../core/language-model.ts'
import { tryOnce, type AttemptOptions } from './attempt.ts'
import type { Completion, Request, Usage } from './complete.ts'
import { fault, type Fault } from './faults.ts'
import { goneBecause } from './gone.ts'
import type { Endpoint } from './providers.ts'
import { nextStep } from './retry.ts'

export type Attempt = { readonly seconds: number; readonly fault: string | null }
export type Answer = { readonly reply: Reply; readonly usage: Usage; readonly attempts: readonly Attempt[] }

export type AnswerOptions = AttemptOptions & {
  /** Takes keys out of a provider's words. */
  readonly clean: (text: string) => string
}

/** Shorter waits pass without a word. */
const SHORTEST_WAIT_TOLD = 5
/** Room for thinking is raised so often when it took all tokens and left no answer. */
const MAX_RAISES = 2
const LEAST_ROOM = 8000

/** Asks until there is an answer, or until asking on makes no sense: then `ProviderGone`. The user's signal wins at once. */
export async function answer(endpoint: Endpoint, question: Question, options: AnswerOptions, signal: AbortSignal): Promise<Answer> {
  const state = startState(endpoint, question)
  for (;;) {
    const tried = await tryOnce(endpoint, requestOf(question, state), options, signal)
    const problem = 'fault' in tried ? tried.fault : problemOf(tried.completion, state)
    state.attempts.push({ seconds: tried.seconds, fault: problem === null ? null : `${problem.kind}: ${problem.message}` })
    if ('completion' in tried) state.usage = addUsage(state.usage, tried.completion.usage)
    if ('completion' in tried && problem === null) return answerOf(state, tried.completion.reply, options)
    if (problem?.kind === 'refused') return answerOf(state, { text: '', end: 'refused' }, options)
    if (problem !== null) await recover(endpoint, state, problem, options, signal)
  }
}

function answerOf({ usage, attempts }: State, { text, end }: Reply, { clean }: AnswerOptions): Answer {
  return { reply: { text: clean(text), end }, usage, attempts }
}

type State = {
  withSchema: boolean
  room: number
  raises: number
  readonly faults: Fault[]
  readonly attempts: Attempt[]
  usage: Usage
}

function startState({ capabilities }: Endpoint, { schema }: Question): State {
  const withSchema = schema !== null && capabilities.structured
  return { withSchema, room: capabilities.reasoningTokens, raises: 0, faults: [], attempts: [], usage: NO_USAGE }
}

function requestOf(question: Question, { withSchema, room }: State): Omit<Request, 'onProgress'> {
  return { question, withSchema, maxOutputTokens: question.maxOutputTokens + room }
}

/** What is wrong with an answer that arrived, or null. A refusal may be silent, and a cut answer is handed on once room was made for it. */
function problemOf({ reply }: Completion, state: State): Fault | null {
  if (reply.end === 'refused' || reply.text.trim() !== '') return null
  if (reply.end === 'complete') return fault('empty', 'the answer was empty')
  if (state.raises >= MAX_RAISES) return null
  state.raises++
  state.room = Math.max(LEAST_ROOM, state.room * 2)
  return fault('empty', `all tokens went into thinking; ${state.room} more are allowed for it now`)
}

/** Makes ready for the next request: without a schema that was turned down, or after a wait. */
async function recover(
  endpoint: Endpoint,
  state: State,
  problem: Fault,
  options: AnswerOptions,
  signal: AbortSignal,
): Promise<void> {
  const name = endpoint.name.text
  if (problem.isAboutSchema && state.withSchema) {
    state.withSchema = false
    options.onNote(
      `${name} takes no JSON schema for its replies (${options.clean(problem.message)}); the schema goes into the prompt`,
    )
    return
  }
  state.faults.push(problem)
  const step = nextStep(state.faults, options.clock.random())
  if ('giveUp' in step) throw goneBecause(step.giveUp, endpoint, state.faults, options.clean)
  if (step.wait >= SHORTEST_WAIT_TOLD || problem.kind === 'timeout')
    options.onNote(
      `${name}: ${options.clean(problem.message)}; asking again ${step.wait === 0 ? 'now' : `in ${formatSeconds(step.wait)}`}`,
    )
  await options.clock.sleep(step.wait, signal)
}

const NO_USAGE: Usage = {
  inputTokens: null,
  cachedInputTokens: null,
  cacheWriteTokens: null,
  outputTokens: null,
  reasoningTokens: null,
}

/** Answers that were of no use have cost tokens, too. */
function addUsage(a: Usage, b: Usage): Usage {
  const sum = (name: keyof Usage) => (a[name] === null && b[name] === null ? null : (a[name] ?? 0) + (b[name] ?? 0))
  return {
    inputTokens: sum('inputTokens'),
    cachedInputTokens: sum('cachedInputTokens'),
    cacheWriteTokens: sum('cacheWriteTokens'),
    outputTokens: sum('outputTokens'),
    reasoningTokens: sum('reasoningTokens'),
  }
}
