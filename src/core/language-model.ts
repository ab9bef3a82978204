/** A language model as the roles see it: a question, and what came back. Who serves it, what it costs and how it fails is not theirs. */

export const LLM_ROLES = ['architect', 'analyst', 'data', 'model', 'training', 'single', 'zero-shot', 'historian'] as const
/**
 * Who asks. `data`, `model` and `training` are the engineers of these components; `single` plays all five roles in one prompt,
 * `zero-shot` is asked once without a loop, `historian` sums up the past in words.
 */
export type LlmRole = (typeof LLM_ROLES)[number]

export type Question = {
  readonly role: LlmRole
  /** The trial that the answer is for; 0 is the baseline. */
  readonly trial: number
  /** What is the same in every question of the role in a run: comes first, so that a provider can keep it. */
  readonly instructions: string
  /** The question proper; after a reply that could not be used, that reply and what was wrong with it. Begins and ends with `us`. */
  readonly turns: readonly Turn[]
  /** JSON schema of a reply that is data alone, for endpoints that can be held to one; null where the reply is text with code in it. */
  readonly schema: Readonly<Record<string, unknown>> | null
  /** Visible output tokens at most. */
  readonly maxOutputTokens: number
}

export type Turn =
  | { readonly from: 'us'; readonly text: string; readonly images?: readonly Picture[] }
  | { readonly from: 'model'; readonly text: string }

/** A PNG for a model that sees. */
export type Picture = { readonly png: Uint8Array; readonly caption: string }

export type Reply = {
  readonly text: string
  /** Whether the model ended by itself, was cut at the most tokens allowed, or refused (by itself or by a filter of the provider). */
  readonly end: 'complete' | 'cut' | 'refused'
}

/**
 * Asks and waits as long as it takes: retries what is worth it, keeps the books, stores the exchange. Throws `ProviderGone` when there is
 * no answer to be had now, and what `signal` holds when the user stopped it.
 */
export type Ask = (question: Question, signal: AbortSignal) => Promise<Reply>

export const GONE_REASONS = ['unreachable', 'timeout', 'rate-limit', 'quota', 'key', 'model', 'server', 'cap', 'recording'] as const
/** `cap` is the user's own limit of money or tokens; `recording` a replay that lacks an answer. */
export type GoneReason = (typeof GONE_REASONS)[number]

/** The provider cannot answer now, or may not any more: the run pauses and can go on later. */
export class ProviderGone extends Error {
  readonly reason: GoneReason
  readonly evidence: readonly string[]
  readonly fix: string

  constructor(
    reason: GoneReason,
    message: string,
    { evidence = [], fix, cause }: { evidence?: readonly string[]; fix: string; cause?: unknown },
  ) {
    super(message, { cause })
    this.reason = reason
    this.evidence = evidence
    this.fix = fix
  }
}

/** What one answered call cost. Tokens are the provider's own count, null where it told none. */
export type CallCost = {
  readonly role: LlmRole
  readonly trial: number
  /** "openai:gpt-5", as the user wrote it. */
  readonly model: string
  readonly inputTokens: number | null
  readonly cachedInputTokens: number | null
  readonly outputTokens: number | null
  readonly reasoningTokens: number | null
  /** By the dated price table of the repository; null where it does not list the model. */
  readonly usd: number | null
  /** Wall seconds until the whole answer was there, waits between attempts included. */
  readonly seconds: number
  /** Requests that were made, failed ones included. */
  readonly attempts: number
  /** The file of the whole exchange, relative to the run folder. */
  readonly exchange: string
  /** Whether the answer came from a stored exchange and no request was made. */
  readonly isReplayed: boolean
}
