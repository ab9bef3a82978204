import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as z from 'zod'

const messageSchema = z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })
const requestSchema = z.object({
  messages: z.array(messageSchema).min(1),
  stream: z.boolean().default(false),
  max_tokens: z.number().int().positive().optional(),
  temperature: z.number().min(0).optional(),
  seed: z.number().int().optional(),
  response_format: z.object({ json_schema: z.object({ schema: z.looseObject({}) }).optional() }).optional(),
})

export type Generation = {
  readonly messages: readonly z.infer<typeof messageSchema>[]
  /** JSON schema that the reply is held to, or null. */
  readonly schema: Readonly<Record<string, unknown>> | null
  readonly maxTokens: number
  readonly temperature: number
  readonly seed: number
  /** Called with each piece of the reply. */
  readonly onText: (text: string) => void
  readonly signal: AbortSignal
}

export type Generated = {
  /** Whether the reply ended at the most tokens allowed. */
  readonly isCut: boolean
  /** Tokens of the texts of the prompt, and how many of them were left when it was cut to the context. */
  readonly askedTokens: number
  readonly keptTokens: number
  /** Tokens that were read anew: what the prompt has in common with the one before is at hand. */
  readonly readTokens: number
  readonly writtenTokens: number
}

/** What became of one request. */
export type Served = Generated & { readonly text: string; readonly seconds: number; readonly withSchema: boolean }

export type ModelServer = {
  /** Base URL for an OpenAI-compatible client. */
  readonly url: string
  /** Answered requests, in order. */
  readonly served: readonly Served[]
  readonly close: () => Promise<void>
}

export type ServerOptions = {
  readonly generate: (generation: Generation) => Promise<Generated>
  /** Whoever asks for more gets this. */
  readonly mostTokens: number
}

/** Chat completions on loopback, streamed or whole, one request at a time; a client that goes away ends its generation. */
export async function startModelServer({ generate, mostTokens }: ServerOptions): Promise<ModelServer> {
  const served: Served[] = []
  const inTurn = makeQueue()
  let count = 0
  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    const gone = new AbortController()
    response.on('close', () => gone.abort(new Error('the client went away')))
    const parsed = requestSchema.safeParse(await readJson(incoming))
    if (!parsed.success) return sendJson(response, 400, { error: { message: z.prettifyError(parsed.error) } })
    const { max_tokens = mostTokens, seed = ++count, ...asked } = parsed.data
    const settings = { maxTokens: Math.min(max_tokens, mostTokens), seed, signal: gone.signal }
    served.push(await inTurn(() => reply(response, { ...asked, ...settings }, generate)))
  }
  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error: unknown) => fail(response, error))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    served,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      await inTurn(() => Promise.resolve())
    },
  }
}

/** Each work begins when the one before has ended, in whatever way. */
function makeQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }
}

type Asked = Pick<z.infer<typeof requestSchema>, 'messages' | 'stream' | 'temperature' | 'response_format'> &
  Pick<Generation, 'maxTokens' | 'seed' | 'signal'>

async function reply(response: ServerResponse, asked: Asked, generate: ServerOptions['generate']): Promise<Served> {
  const { messages, stream, temperature = 0.8, response_format, maxTokens, seed, signal } = asked
  signal.throwIfAborted()
  const startedAt = performance.now()
  const schema = response_format?.json_schema?.schema ?? null
  let text = ''
  const onText = (piece: string) => {
    text += piece
    if (stream) response.write(event({ delta: { content: piece }, finish_reason: null }))
  }
  if (stream) response.writeHead(200, { 'content-type': 'text/event-stream' })
  const generated = await generate({ messages, schema, maxTokens, temperature, seed, onText, signal })
  finish(response, stream, text, generated)
  return { ...generated, text, seconds: (performance.now() - startedAt) / 1000, withSchema: schema !== null }
}

function finish(response: ServerResponse, stream: boolean, text: string, { isCut, keptTokens, writtenTokens }: Generated): void {
  const finish_reason = isCut ? 'length' : 'stop'
  const usage = { prompt_tokens: keptTokens, completion_tokens: writtenTokens, total_tokens: keptTokens + writtenTokens }
  if (!stream)
    return sendJson(response, 200, { choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason }], usage })
  response.write(event({ delta: {}, finish_reason }))
  response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`)
}

function event(choice: object): string {
  return `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index: 0, ...choice }] })}\n\n`
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** A stream that has begun can only be broken off. */
function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) response.destroy()
  else sendJson(response, 500, { error: { message: error instanceof Error ? error.message : String(error) } })
}

/** Undefined where it is no JSON, which the schema then refuses. */
async function readJson(incoming: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const piece of incoming) text += String(piece)
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
