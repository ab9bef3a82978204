import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ProviderGone, type CallCost, type Question, type Reply } from '../../src/core/language-model.ts'
import { openAsk, type OpenAskOptions, type OpenedAsk } from '../../src/llm/index.ts'
import { fakeClock, type FakeClock } from './llm-clock.ts'
import { sampleQuestion } from './llm-question.ts'
import { startLlmServer, type LlmServer, type Script } from './llm-server.ts'

export const PLANTED_KEY = 'planted-key-0123456789abcdef'

/** An opened ask over a scripted endpoint, with all that it tells kept. */
export type AskBench = {
  readonly root: string
  readonly server: LlmServer
  readonly clock: FakeClock
  readonly calls: CallCost[]
  readonly notes: string[]
  /** "pause" and "resume" of the run's clock. */
  readonly clockEvents: string[]
  readonly ask: (changes?: Partial<Question>, signal?: AbortSignal) => Promise<Reply>
  /** Opens the folder again, as a resumed run does. */
  readonly reopen: (options?: Partial<OpenAskOptions>) => Promise<void>
  readonly close: () => Promise<void>
}

export async function openAskBench(script: Script, options: Partial<OpenAskOptions> = {}): Promise<AskBench> {
  const root = await mkdtemp(join(tmpdir(), 'improve-ask-'))
  const server = await startLlmServer(script)
  const clock = fakeClock()
  const [calls, notes, clockEvents]: [CallCost[], string[], string[]] = [[], [], []]
  const open = (changes: Partial<OpenAskOptions>): Promise<OpenedAsk> =>
    openAsk({
      choice: { model: 'local:m', roles: {}, baseUrl: server.url },
      environment: { LOCAL_API_KEY: PLANTED_KEY },
      folder: join(root, 'llm'),
      spent: () => spentIn(calls),
      isBooked: (exchange) => calls.some((call) => call.exchange === exchange),
      onCall: async (cost) => void calls.push(cost),
      onNote: (text) => void notes.push(text),
      runClock: { pause: () => void clockEvents.push('pause'), resume: () => void clockEvents.push('resume') },
      clock,
      ...changes,
    })
  let opened = await open(options)
  return {
    root,
    server,
    clock,
    calls,
    notes,
    clockEvents,
    ask: (changes = {}, signal = new AbortController().signal) => opened.ask(sampleQuestion(changes), signal),
    reopen: async (changes = {}) => {
      await opened.close()
      opened = await open(changes)
    },
    close: async () => {
      await opened.close()
      await server.close()
      await rm(root, { recursive: true })
    },
  }
}

function spentIn(calls: readonly CallCost[]): { usd: number; tokens: number } {
  const paid = calls.filter(({ isReplayed }) => !isReplayed)
  return {
    usd: paid.reduce((sum, { usd }) => sum + (usd ?? 0), 0),
    tokens: paid.reduce((sum, { inputTokens, outputTokens }) => sum + (inputTokens ?? 0) + (outputTokens ?? 0), 0),
  }
}

/** The `ProviderGone` that a promise rejects with; any other end is thrown. */
export async function goneOf(promise: Promise<unknown>): Promise<ProviderGone> {
  const end: unknown = await promise.catch((error: unknown) => error)
  if (end instanceof ProviderGone) return end
  throw end instanceof Error ? end : new Error(`it was answered: ${JSON.stringify(end)}`)
}
