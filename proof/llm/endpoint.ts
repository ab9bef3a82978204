import { startLlmServer } from '../../tests/support/llm-server.ts'
import type { ChatRequest, LlmServer, Play } from '../../tests/support/llm-server.ts'
import { answerOf } from './mind.ts'
import type { MindOptions } from './mind.ts'

export type MindServer = LlmServer & {
  /** Answers that were sent whole. */
  readonly answered: () => number
}

/** Decides what becomes of a request in the place of the mind's answer; null: it is answered. `answered` is the number before it. */
export type Interrupt = (request: ChatRequest, answered: number) => Play | null | Promise<Play | null>

/** The mind as an endpoint on loopback. */
export async function startMind(mind: MindOptions, interrupt: Interrupt = () => null): Promise<MindServer> {
  let answered = 0
  const server = await startLlmServer(async (request): Promise<Play> => {
    const play = await interrupt(request, answered)
    if (play !== null) return play
    answered++
    return { play: 'reply', text: answerOf(request, mind) }
  })
  return { ...server, answered: () => answered }
}
