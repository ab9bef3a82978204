import type { Question, Reply } from '../core/language-model.ts'
import { BrokenStream } from './faults.ts'
import { promptOf } from './prompt.ts'
import type { CallOptions, Endpoint, LanguageModel } from './providers.ts'

/** Tokens as the provider counts them; null where it tells none. */
export type Usage = {
  readonly inputTokens: number | null
  readonly cachedInputTokens: number | null
  readonly cacheWriteTokens: number | null
  readonly outputTokens: number | null
  readonly reasoningTokens: number | null
}

export type Completion = { readonly reply: Reply; readonly usage: Usage }

export type Request = {
  readonly question: Question
  /** Whether the endpoint is asked to hold the reply to the question's schema. */
  readonly withSchema: boolean
  readonly maxOutputTokens: number
  /** Called at each sign of life; `isText` once the visible answer has begun. */
  readonly onProgress: (isText: boolean) => void
}

type StreamPart = Awaited<ReturnType<LanguageModel['doStream']>>['stream'] extends ReadableStream<infer Part> ? Part : never
type Finish = Extract<StreamPart, { type: 'finish' }>

/** Longer than any reply that could be used; a model that repeats itself without end is cut here. */
const MAX_CHARACTERS = 2_000_000

/** One request, streamed. Throws what the SDK throws, and `BrokenStream`. */
export async function complete(endpoint: Endpoint, request: Request, signal: AbortSignal): Promise<Completion> {
  const { stream } = await endpoint.model.doStream(callOptions(endpoint, request, signal))
  let text = ''
  let finish: Finish | undefined
  // Ends by throwing when the signal fires: the stream is the body of a `fetch` that holds the signal.
  for await (const part of stream) {
    if (part.type === 'error') throw new BrokenStream(wordsOf(part.error), { cause: part.error })
    if (part.type === 'text-delta') text += part.delta
    if (part.type === 'finish') finish = part
    if (part.type !== 'stream-start') request.onProgress(part.type === 'text-delta')
    if (text.length > MAX_CHARACTERS) break
  }
  return completionOf(text, finish)
}

function callOptions(
  endpoint: Endpoint,
  { question, withSchema, maxOutputTokens }: Request,
  abortSignal: AbortSignal,
): CallOptions {
  const responseFormat =
    withSchema && question.schema !== null
      ? { responseFormat: { type: 'json' as const, name: 'reply', schema: question.schema } }
      : {}
  return {
    prompt: promptOf(question, endpoint, withSchema),
    maxOutputTokens,
    providerOptions: endpoint.providerOptions,
    abortSignal,
    ...responseFormat,
  }
}

function completionOf(text: string, finish: Finish | undefined): Completion {
  if (finish === undefined && text.length <= MAX_CHARACTERS) throw new BrokenStream('it ended without a word about why')
  const reason = finish?.finishReason.unified ?? 'length'
  if (reason === 'error' || reason === 'interrupted')
    throw new BrokenStream(finish?.finishReason.raw ?? 'it ended before the answer did')
  const end = reason === 'length' ? 'cut' : reason === 'content-filter' ? 'refused' : 'complete'
  return { reply: { text: withoutThoughts(text), end }, usage: usageOf(finish) }
}

/** The SDK makes zero of a count that was not told, so the provider's own words are looked at for those that may be missing. */
function usageOf(finish: Finish | undefined): Usage {
  const { inputTokens, outputTokens, raw } = finish?.usage ?? {}
  const told = JSON.stringify(raw ?? {})
  const ifTold = (count: number | undefined, words: RegExp) => (words.test(told) ? (count ?? null) : null)
  return {
    inputTokens: inputTokens?.total ?? null,
    cachedInputTokens: ifTold(inputTokens?.cacheRead, /cache/i),
    cacheWriteTokens: ifTold(inputTokens?.cacheWrite, /cache/i),
    outputTokens: outputTokens?.total ?? null,
    reasoningTokens: ifTold(outputTokens?.reasoning, /reason|thought|thinking/i),
  }
}

/** Local servers hand out a model's thinking inside the answer, before it. One that is not closed took all there was room for. */
export function withoutThoughts(text: string): string {
  const opened = /^\s*<(think|thinking|thought)>/.exec(text)
  if (opened === null) return text
  const close = `</${opened[1]}>`
  const end = text.indexOf(close)
  return end < 0 ? '' : text.slice(end + close.length).trimStart()
}

function wordsOf(error: unknown): string {
  if (error instanceof Error) return error.message
  return typeof error === 'string' ? error : (JSON.stringify(error) ?? String(error))
}
