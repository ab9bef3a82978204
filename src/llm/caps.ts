import { UsageError } from '../core/errors.ts'
import { formatCount } from '../core/format.ts'
import { ProviderGone, type Question } from '../core/language-model.ts'
import type { Usage } from './complete.ts'
import type { ModelName } from './model-name.ts'
import { costOf, priceOf, PRICES_CHECKED } from './prices.ts'

/** The user's limits for a whole run; null is none. Tokens are input and output together. */
export type Caps = { readonly usd: number | null; readonly tokens: number | null }
/** What a run has cost so far. */
export type Spent = { readonly usd: number; readonly tokens: number }

/** Characters a token, low rather than high, so that an estimate errs on the side of the cap. */
const CHARACTERS_PER_TOKEN = 3.5
/** What a picture of about a megapixel costs with the vendors (750 to 1,600 tokens by their documentation). */
const TOKENS_PER_PICTURE = 1500

/** A cap of money over a model without a price would hold nothing back. */
export function checkCaps({ usd }: Caps, models: readonly ModelName[], day: Date): void {
  const unpriced = models.find((name) => priceOf(name, day) === null)
  if (usd === null || unpriced === undefined) return
  throw new UsageError(`a limit of ${usd} USD cannot be kept: ${unpriced.text} is not in the price table`, {
    evidence: [`prices of ${PRICES_CHECKED}`],
    fix: 'limit the tokens with --max-tokens, or name a model that the table lists',
  })
}

/** Throws when this call would go past a limit; nothing is asked then. */
export function checkCall(caps: Caps, spent: Spent, call: Spent): void {
  const isOverUsd = caps.usd !== null && spent.usd + call.usd > caps.usd
  const isOverTokens = caps.tokens !== null && spent.tokens + call.tokens > caps.tokens
  if (!isOverUsd && !isOverTokens) return
  const limit = isOverUsd ? `--max-usd ${caps.usd}` : `--max-tokens ${caps.tokens}`
  throw new ProviderGone('cap', `the next question to the model could go past ${limit}`, {
    evidence: [`spent ${describe(spent, caps)}`, `the next call at most about ${describe(call, caps)}`],
    fix: `resume with a higher ${limit.split(' ')[0]}`,
  })
}

/** What a call may come to: the whole question, and the most visible tokens it may be answered with. */
export function estimateUsage(question: Question): Usage {
  const characters = question.turns.reduce((sum, turn) => sum + turn.text.length, question.instructions.length)
  const pictures = question.turns.reduce((sum, turn) => sum + (turn.from === 'us' ? (turn.images?.length ?? 0) : 0), 0)
  const schema = question.schema === null ? 0 : JSON.stringify(question.schema).length
  return {
    inputTokens: Math.ceil((characters + schema) / CHARACTERS_PER_TOKEN) + pictures * TOKENS_PER_PICTURE,
    cachedInputTokens: null,
    cacheWriteTokens: null,
    outputTokens: question.maxOutputTokens,
    reasoningTokens: null,
  }
}

/** Tokens and money of a usage, what is not known as zero. */
export function spentOf(name: ModelName, usage: Usage, day: Date): Spent {
  return { usd: costOf(name, usage, day) ?? 0, tokens: (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0) }
}

function describe({ usd, tokens }: Spent, caps: Caps): string {
  return caps.usd === null ? `${formatCount(tokens)} tokens` : `${usd.toFixed(4)} USD, ${formatCount(tokens)} tokens`
}
