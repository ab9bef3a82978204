import type { Usage } from './complete.ts'
import type { ModelName } from './model-name.ts'
import prices from './prices.json' with { type: 'json' }

/** USD per million tokens of a prompt of ordinary length. */
export type Price = {
  readonly input: number
  /** Null where it is not known: such tokens count as plain input, so the sum is never too low. */
  readonly cachedInput: number | null
  /** Absent where a provider asks no more for what it keeps. */
  readonly cacheWrite?: number
  readonly output: number
  /** The last day (UTC) of a price that the provider has set an end to. */
  readonly until?: string
}

/** The day on which the table was last looked up. */
export const PRICES_CHECKED: string = prices.checked

const TABLE: Readonly<Record<string, readonly Price[]>> = prices.models

/** The price of a model on a day, or null where the table does not list it. Dated snapshots cost what their model costs. */
export function priceOf({ provider, model }: ModelName, day: Date): Price | null {
  const undated = model.replace(/-(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$/, '')
  const known = TABLE[`${provider}:${model}`] ?? TABLE[`${provider}:${undated}`] ?? []
  return known.find(({ until }) => until === undefined || day.toISOString().slice(0, 10) <= until) ?? null
}

/** Money for these tokens, or null where the model's price or the count is not known. */
export function costOf(name: ModelName, usage: Usage, day: Date): number | null {
  const price = priceOf(name, day)
  if (price === null || usage.inputTokens === null || usage.outputTokens === null) return null
  const cached = usage.cachedInputTokens ?? 0
  const written = price.cacheWrite === undefined ? 0 : (usage.cacheWriteTokens ?? 0)
  const plain = Math.max(0, usage.inputTokens - cached - written)
  const dollars =
    plain * price.input +
    cached * (price.cachedInput ?? price.input) +
    written * (price.cacheWrite ?? price.input) +
    usage.outputTokens * price.output
  return dollars / 1e6
}
