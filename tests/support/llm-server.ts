import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the server does with one request. */
export type Play =
  /** A whole answer; `finish` is the reason that chat completions give, "stop" unless said. */
  | {
      readonly play: 'reply'
      readonly text: string
      readonly finish?: string
      readonly usage?: ChatUsage | null
      readonly thought?: string
    }
  | { readonly play: 'refusal'; readonly text: string }
  | {
      readonly play: 'status'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: unknown
    }
  /** The connection is closed before a byte was sent, or after some text. */
  | { readonly play: 'reset'; readonly text?: string }
  /** Headers and some text, or not even headers, and then nothing more. */
  | { readonly play: 'stall'; readonly text?: string }
  /** One character at a time. */
  | { readonly play: 'drip'; readonly text: string; readonly milliseconds: number }
  | { readonly play: 'broken-json' }
  /** The stream ends properly, and the answer does not. */
  | { readonly play: 'truncated'; readonly text: string }
  | { readonly play: 'error-event'; readonly text?: string; readonly error: unknown }
  /** These bytes, whatever they are. */
  | { readonly play: 'raw'; readonly body: string; readonly contentType?: string }

export type ChatUsage = { readonly input: number; readonly output: number; readonly cached?: number; readonly reasoning?: number }

export type ChatRequest = {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Readonly<Record<string, unknown>>
}

export type LlmServer = {
  /** Base URL for an OpenAI-compatible client. */
  readonly url: string
  readonly requests: readonly ChatRequest[]
  /** May be called twice. */
  readonly close: () => Promise<void>
}

/** What is played for each request: a list in order, of which the last is repeated, or a function. */
export type Script = readonly Play[] | ((request: ChatRequest, index: number) => Play | Promise<Play>)

/** An endpoint on loopback that streams chat completions and plays faults. */
export async function startLlmServer(script: Script): Promise<LlmServer> {
  const requests: ChatRequest[] = []
  const next = typeof script === 'function' ? script : (_: ChatRequest, index: number) => script[Math.min(index, script.length - 1)]
  const server = createServer((incoming, response) => {
    handle(incoming, response, requests, next).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    close: async () => {
      if (!server.listening) return
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

type Next = (request: ChatRequest, index: number) => Play | undefined | Promise<Play | undefined>

async function handle(incoming: IncomingMessage, response: ServerResponse, requests: ChatRequest[], next: Next): Promise<void> {
  let text = ''
  for await (const piece of incoming) text += String(piece)
  const request = { path: incoming.url ?? '', headers: incoming.headers, body: JSON.parse(text || '{}') as Record<string, unknown> }
  requests.push(request)
  const play = await next(request, requests.length - 1)
  if (play === undefined) throw new Error('the script is empty')
  if (play.play === 'status') return sendStatus(response, play)
  if (play.play === 'raw') return send(response, 200, play.contentType ?? 'text/event-stream', play.body)
  await stream(response, play)
}

function sendStatus(response: ServerResponse, { status, headers = {}, body }: Extract<Play, { play: 'status' }>): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  send(response, status, 'application/json', JSON.stringify(body ?? { error: { message: `status ${status}` } }))
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType }).end(body)
}

async function stream(response: ServerResponse, play: Exclude<Play, { play: 'status' | 'raw' }>): Promise<void> {
  if (play.play === 'reset' && play.text === undefined) return void response.destroy()
  if (play.play === 'stall' && play.text === undefined) return
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  switch (play.play) {
    case 'reply':
      if (play.thought !== undefined) response.write(chunk({ reasoning_content: play.thought }))
      response.write(chunk({ content: play.text }))
      return end(response, play.finish ?? 'stop', play.usage === undefined ? { input: 100, output: 20 } : play.usage)
    case 'refusal':
      response.write(chunk({ refusal: play.text }))
      return end(response, 'stop', { input: 100, output: 20 })
    case 'drip':
      return drip(response, play)
    case 'broken-json':
      return void response.end('data: {"choices": [{\n\ndata: [DONE]\n\n')
    case 'truncated':
      response.write(chunk({ content: play.text }))
      return void response.end('data: [DONE]\n\n')
    case 'error-event':
      if (play.text !== undefined) response.write(chunk({ content: play.text }))
      return void response.end(`data: ${JSON.stringify({ error: play.error })}\n\n`)
    case 'reset':
      response.write(chunk({ content: play.text }))
      await sleep(20)
      return void response.destroy()
    case 'stall':
      response.write(chunk({ content: play.text }))
  }
}

async function drip(response: ServerResponse, { text, milliseconds }: Extract<Play, { play: 'drip' }>): Promise<void> {
  for (const character of text) {
    if (response.destroyed) return
    response.write(chunk({ content: character }))
    await sleep(milliseconds)
  }
  end(response, 'stop', { input: 100, output: 20 })
}

function end(response: ServerResponse, finish: string, usage: ChatUsage | null): void {
  response.write(chunk({}, finish))
  if (usage !== null) response.write(`data: ${JSON.stringify({ ...HEAD, choices: [], usage: usageOnWire(usage) })}\n\n`)
  response.end('data: [DONE]\n\n')
}

const HEAD = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'scripted' }

function chunk(delta: Readonly<Record<string, unknown>>, finish: string | null = null): string {
  return `data: ${JSON.stringify({ ...HEAD, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
}

function usageOnWire({ input, output, cached, reasoning }: ChatUsage): Readonly<Record<string, unknown>> {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...(cached !== undefined && { prompt_tokens_details: { cached_tokens: cached } }),
    ...(reasoning !== undefined && { completion_tokens_details: { reasoning_tokens: reasoning } }),
  }
}
