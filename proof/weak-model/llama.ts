import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { WeakModel } from './install.ts'
import type { Generated, Generation } from './server.ts'

/** Tokens of prompt and reply together, half of what the model was trained for. A longer prompt is cut by the bindings without a word. */
export const CONTEXT_TOKENS = 4096
/** More threads wait for one another on a machine with other work: two were measured to be twenty times slower than one. */
const THREADS = 1

/** What is used of node-llama-cpp, which is no dependency of the repository: its types are not at hand. */
type Bindings = {
  readonly getLlama: (options: object) => Promise<Llama>
  readonly LlamaChat: new (options: { contextSequence: Sequence }) => Chat
}
type Llama = {
  readonly loadModel: (options: { modelPath: string }) => Promise<Model>
  readonly createGrammarForJsonSchema: (schema: object) => Promise<object>
  readonly dispose: () => Promise<void>
}
type Model = {
  readonly tokenize: (text: string) => readonly number[]
  readonly createContext: (options: object) => Promise<{ getSequence(): Sequence }>
}
type Counts = { readonly usedInputTokens: number; readonly usedOutputTokens: number }
type Sequence = {
  readonly tokenMeter: { getState(): Counts; diff(before: Counts): Counts }
}
type Chat = {
  readonly generateResponse: (history: readonly Item[], options: object) => Promise<ChatResponse>
}
type ChatResponse = {
  readonly metadata: { readonly stopReason: string }
  /** What stood in the context at the end: where the prompt was cut, less than it. */
  readonly lastEvaluation: { readonly contextWindow: readonly Item[] }
}
type Item =
  | { readonly type: 'system' | 'user'; readonly text: unknown }
  | { readonly type: 'model'; readonly response: readonly unknown[] }

export type Llm = { readonly generate: (generation: Generation) => Promise<Generated>; readonly close: () => Promise<void> }

/** Loads the model into this process. Nothing is fetched or built. */
export async function openLlama({ packages, gguf }: WeakModel): Promise<Llm> {
  const entry = createRequire(join(packages, 'package.json')).resolve('node-llama-cpp')
  const { getLlama, LlamaChat } = (await import(pathToFileURL(entry).href)) as Bindings
  const options = { gpu: false, build: 'never', skipDownload: true, maxThreads: THREADS, logLevel: 'error' }
  const llama = await getLlama(options)
  const model = await llama.loadModel({ modelPath: gguf })
  const context = await model.createContext({ contextSize: CONTEXT_TOKENS, threads: THREADS })
  const sequence = context.getSequence()
  const chat = new LlamaChat({ contextSequence: sequence })
  const generate = async ({ messages, schema, maxTokens, temperature, seed, onText, signal }: Generation): Promise<Generated> => {
    const grammar = schema === null ? {} : { grammar: await llama.createGrammarForJsonSchema(schema) }
    const before = sequence.tokenMeter.getState()
    const history = historyOf(messages)
    const common = { maxTokens, temperature, seed, signal, onTextChunk: onText }
    const { metadata, lastEvaluation } = await chat.generateResponse(history, { ...common, ...grammar })
    const { usedInputTokens, usedOutputTokens } = sequence.tokenMeter.diff(before)
    const tokensOf = (items: readonly Item[]) =>
      items.slice(0, -1).reduce((sum, item) => sum + model.tokenize(textOf(item)).length, 0)
    return {
      isCut: metadata.stopReason === 'maxTokens',
      askedTokens: tokensOf(history),
      keptTokens: tokensOf(lastEvaluation.contextWindow),
      readTokens: usedInputTokens,
      writtenTokens: usedOutputTokens,
    }
  }
  return { generate, close: () => llama.dispose() }
}

/** The messages in the words of the bindings, and the place of the reply. */
function historyOf(messages: Generation['messages']): Item[] {
  const items = messages.map(({ role, content }): Item =>
    role === 'assistant' ? { type: 'model', response: [content] } : { type: role, text: content },
  )
  return [...items, { type: 'model', response: [] }]
}

function textOf(item: Item): string {
  return item.type === 'model' ? item.response.map(String).join('') : String(item.text)
}
