import { formatCount, formatSeconds, plural } from './format.ts'
import type { CallCost } from './language-model.ts'

/** What language models have cost so far. */
export type Spending = {
  readonly calls: number
  readonly inputTokens: number
  readonly cachedInputTokens: number
  /** Visible and hidden ones. */
  readonly outputTokens: number
  readonly reasoningTokens: number
  /** Of the calls whose model has a known price. */
  readonly usd: number
  /** Calls whose price is not known. */
  readonly unpriced: number
  /** Wall seconds of waiting for answers. */
  readonly seconds: number
}

/** Sums up calls. A replayed call was paid for in another run: its tokens count, its money and time do not. */
export function sumSpending(calls: readonly CallCost[]): Spending {
  const total = (of: (call: CallCost) => number | null) => calls.reduce((sum, call) => sum + (of(call) ?? 0), 0)
  const paid = (of: (call: CallCost) => number | null) => total((call) => (call.isReplayed ? 0 : of(call)))
  return {
    calls: calls.length,
    inputTokens: total((call) => call.inputTokens),
    cachedInputTokens: total((call) => call.cachedInputTokens),
    outputTokens: total((call) => call.outputTokens),
    reasoningTokens: total((call) => call.reasoningTokens),
    usd: paid((call) => call.usd),
    unpriced: paid((call) => (call.usd === null ? 1 : 0)),
    seconds: paid((call) => call.seconds),
  }
}

/** "7 calls, 41,200 tokens in (30,100 cached), 6,200 out, 0.21 USD, 1 min 20 s of waiting" */
export function describeSpending(spending: Spending): string {
  const { calls, inputTokens, cachedInputTokens, outputTokens, reasoningTokens, seconds } = spending
  const cached = cachedInputTokens > 0 ? ` (${formatCount(cachedInputTokens)} cached)` : ''
  const hidden = reasoningTokens > 0 ? ` (${formatCount(reasoningTokens)} of them reasoning)` : ''
  const tokens = `${formatCount(inputTokens)} tokens in${cached}, ${formatCount(outputTokens)} out${hidden}`
  return `${plural(calls, 'call')}, ${tokens}, ${describeMoney(spending)}, ${formatSeconds(seconds)} of waiting`
}

/** "0.21 USD", "price not known", "at least 0.21 USD". */
export function describeMoney({ calls, usd, unpriced }: Pick<Spending, 'calls' | 'usd' | 'unpriced'>): string {
  if (calls > 0 && unpriced === calls) return 'price not known'
  return `${unpriced > 0 ? 'at least ' : ''}${usd.toFixed(usd < 0.1 ? 3 : 2)} USD`
}
