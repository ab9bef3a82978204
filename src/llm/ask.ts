import { basename } from 'node:path'
import type { Ask, CallCost, Question, Reply, Turn } from '../core/language-model.ts'
import { answer } from './answer.ts'
import { checkCall, estimateUsage, spentOf, type Caps, type Spent } from './caps.ts'
import { type Clock } from './clock.ts'
import { exchangeKey, hashQuestion, storedQuestion, type Exchange, type Exchanges, type StoredExchange } from './exchanges.ts'
import { modelOf, type ModelChoice, type ModelName } from './model-name.ts'
import { costOf } from './prices.ts'
import type { Endpoint } from './providers.ts'
import { findRecorded, usedFiles } from './recording.ts'
import { redact } from './redact.ts'

/** The run's clock, which stands still while we wait for a model. */
export type RunClock = { readonly pause: () => void; readonly resume: () => void }

export type AskParts = {
  readonly choice: ModelChoice
  readonly endpointOf: (name: ModelName) => Endpoint
  /** What must not be in anything stored, shown or sent. */
  readonly keys: readonly string[]
  /** The folder of the exchanges, whose name comes first in the path that a cost names. */
  readonly folder: string
  readonly exchanges: Exchanges
  /** Answers come from this recording and from nowhere else. */
  readonly recording: readonly StoredExchange[] | null
  readonly caps: Caps
  readonly spent: () => Spent
  /** Whether the cost of the exchange in this path is in the books. */
  readonly isBooked: (exchange: string) => boolean
  readonly onCall: (cost: CallCost) => Promise<void>
  readonly onNote: (text: string) => void
  readonly runClock: RunClock
  readonly timeoutSeconds: number
  readonly clock: Clock
}

/** Answers come, in this order, from an earlier exchange of this run, from a recording, from the provider. */
export function makeAsk(parts: AskParts): Ask {
  const pausing = countPauses(parts.runClock)
  const unreported: Spent[] = []
  return (asked, signal) =>
    pausing(async () => {
      signal.throwIfAborted()
      const question = cleanQuestion(asked, parts.keys)
      const questionHash = hashQuestion(question)
      const own = findOwn(parts, question, questionHash)
      if (own !== undefined) return reuse(parts, own)
      if (parts.recording !== null) return replay(parts, parts.recording, question, questionHash)
      return request(parts, question, { questionHash, unreported, signal })
    })
}

/** The clock is stopped by the first of several questions at once, and goes on after the last. */
function countPauses({ pause, resume }: RunClock): <T>(work: () => Promise<T>) => Promise<T> {
  let open = 0
  return async (work) => {
    if (open++ === 0) pause()
    try {
      return await work()
    } finally {
      if (--open === 0) resume()
    }
  }
}

function cleanQuestion(question: Question, keys: readonly string[]): Question {
  return {
    ...question,
    instructions: redact(question.instructions, keys),
    turns: question.turns.map((turn) => cleanTurn(turn, keys)),
  }
}

function cleanTurn(turn: Turn, keys: readonly string[]): Turn {
  const text = redact(turn.text, keys)
  if (turn.from === 'model' || turn.images === undefined) return { ...turn, text }
  return { ...turn, text, images: turn.images.map(({ png, caption }) => ({ png, caption: redact(caption, keys) })) }
}

function findOwn({ choice, exchanges, recording }: AskParts, { role }: Question, questionHash: string): StoredExchange | undefined {
  const key = recording === null ? exchangeKey(modelOf(choice, role).text, questionHash) : null
  return exchanges.all().find(({ exchange }) => (key === null ? exchange.questionHash === questionHash : exchange.key === key))
}

/** An answer that was stored before a crash or a pause costs no request; it is booked unless it was, so that no call counts twice. */
async function reuse(parts: AskParts, { file, exchange }: StoredExchange): Promise<Reply> {
  const isReplayed = exchange.replayedFrom !== null
  if (!parts.isBooked(pathOf(parts, file))) await parts.onCall(callCost(parts, { file, exchange }, isReplayed))
  return exchange.reply
}

async function replay(
  parts: AskParts,
  recording: readonly StoredExchange[],
  question: Question,
  questionHash: string,
): Promise<Reply> {
  const { stored, isSame } = findRecorded(recording, question, { questionHash, used: usedFiles(parts.exchanges) })
  if (!isSame)
    parts.onNote(
      `replay: the question of the ${question.role} for trial ${question.trial} differs from the recorded one of ${stored.file}`,
    )
  const key = exchangeKey(stored.exchange.model, questionHash)
  const exchange = { ...stored.exchange, key, questionHash, question: storedQuestion(question), replayedFrom: stored.file }
  const file = await parts.exchanges.store(exchange)
  await parts.onCall(callCost(parts, { file, exchange }, true))
  return exchange.reply
}

type Asking = { readonly questionHash: string; readonly unreported: Spent[]; readonly signal: AbortSignal }

async function request(parts: AskParts, question: Question, { questionHash, unreported, signal }: Asking): Promise<Reply> {
  const { clock, onNote, timeoutSeconds, keys } = parts
  const endpoint = parts.endpointOf(modelOf(parts.choice, question.role))
  const askedAt = clock.date()
  const estimate = spentOf(endpoint.name, estimateUsage(question), askedAt)
  checkCall(parts.caps, unreported.reduce(addSpent, parts.spent()), estimate)
  const startedAt = clock.now()
  const clean = (text: string) => redact(text, keys)
  const { reply, usage, attempts } = await answer(endpoint, question, { clock, timeoutSeconds, onNote, clean }, signal)
  const exchange: Exchange = {
    version: 1,
    key: exchangeKey(endpoint.name.text, questionHash),
    questionHash,
    role: question.role,
    trial: question.trial,
    model: endpoint.name.text,
    askedAt: askedAt.toISOString(),
    seconds: (clock.now() - startedAt) / 1000,
    attempts: attempts.map(({ seconds, fault }) => ({ seconds, fault: fault === null ? null : clean(fault) })),
    question: storedQuestion(question),
    reply,
    usage,
    usd: costOf(endpoint.name, usage, askedAt),
    replayedFrom: null,
  }
  const file = await parts.exchanges.store(exchange)
  // A cap must hold, too, where the endpoint counts no tokens for us.
  if (usage.inputTokens === null || usage.outputTokens === null) unreported.push(estimate)
  await parts.onCall(callCost(parts, { file, exchange }, false))
  return reply
}

function addSpent(a: Spent, b: Spent): Spent {
  return { usd: a.usd + b.usd, tokens: a.tokens + b.tokens }
}

function callCost(parts: AskParts, { file, exchange }: StoredExchange, isReplayed: boolean): CallCost {
  const { role, trial, model, usage, usd, seconds, attempts } = exchange
  const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = usage
  return {
    role,
    trial,
    model,
    inputTokens,
    cachedInputTokens,
    outputTokens,
    reasoningTokens,
    usd: isReplayed ? 0 : usd,
    seconds: isReplayed ? 0 : seconds,
    attempts: isReplayed ? 0 : attempts.length,
    exchange: pathOf(parts, file),
    isReplayed,
  }
}

function pathOf({ folder }: AskParts, file: string): string {
  return `${basename(folder)}/${file}`
}
