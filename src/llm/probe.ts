import { UsageError } from '../core/errors.ts'
import { formatSeconds } from '../core/format.ts'
import type { Picture, Question } from '../core/language-model.ts'
import { printable } from '../core/names.ts'
import { tryOnce, type Attempted } from './attempt.ts'
import { REAL_CLOCK, type Clock } from './clock.ts'
import type { Usage } from './complete.ts'
import type { Fault } from './faults.ts'
import { goneBecause } from './gone.ts'
import { openHttp } from './http.ts'
import { keyVariable, readKeys, type Environment } from './keys.ts'
import { baseUrlOf, checkModelChoice, parseModel } from './model-name.ts'
import { oneColourPng } from './one-colour-png.ts'
import { DEFAULT_TIMEOUT_SECONDS } from './open-ask.ts'
import { openEndpoint, type Capabilities, type Endpoint, type Fetch } from './providers.ts'
import { redact } from './redact.ts'
import { nextStep } from './retry.ts'

export type ProbeCheck = {
  readonly name: 'key' | 'reachable' | 'answers' | 'first byte' | 'structured output' | 'vision' | 'reasoning tokens'
  readonly ok: boolean
  readonly detail: string
  /** What to do, or null where nothing has to be done. */
  readonly fix: string | null
}

export type Probe = {
  readonly checks: readonly ProbeCheck[]
  /** What was found out, for `known` of `openAsk`; null when the endpoint gave no answer. */
  readonly capabilities: Partial<Capabilities> | null
}

export type ProbeOptions = {
  /** PROVIDER:MODEL. */
  readonly model: string
  readonly baseUrl: string | null
  readonly environment: Environment
  readonly timeoutSeconds?: number
  readonly clock?: Clock
}

/** Asks a model up to three tiny questions, each once, and tells what works. Throws for a name or address that cannot be meant. */
export async function probeModel(options: ProbeOptions, signal: AbortSignal): Promise<Probe> {
  const choice = checkModelChoice({ model: options.model, roles: {}, baseUrl: options.baseUrl })
  const { provider } = parseModel(options.model)
  try {
    const key = (await readKeys([provider], options.environment))[provider]
    const http = openHttp(options.environment)
    try {
      return await probeWith({ ...options, key, fetch: http.fetch, address: baseUrlOf(choice, provider) }, signal)
    } finally {
      await http.close()
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { checks: [{ name: 'key', ok: false, detail: error.message, fix: error.fix ?? null }], capabilities: null }
  }
}

type Probing = ProbeOptions & { readonly key: string | undefined; readonly fetch: Fetch; readonly address: string | null }

async function probeWith(probing: Probing, signal: AbortSignal): Promise<Probe> {
  const first = await ask(probing, question('Reply with the word "ready" and nothing else.'), signal)
  const basics = basicChecks(first, probing)
  if ('fault' in first.attempted) return { checks: basics, capabilities: null }
  const structured = await probeStructured(probing, signal)
  const vision = await probeVision(probing, signal)
  const { reasoningTokens } = first.attempted.completion.usage
  const checks = [...basics, structured, vision, reasoningCheck(first.attempted.completion.usage)]
  const thinks = (reasoningTokens ?? 0) > 0 && first.endpoint.capabilities.reasoningTokens === 0
  const capabilities = { structured: structured.ok, vision: vision.ok, ...(thinks && { reasoningTokens: LOCAL_THINKING }) }
  return { checks, capabilities }
}

/** Room for an endpoint of one's own whose model turns out to think. */
const LOCAL_THINKING = 8000

type Asked = { readonly endpoint: Endpoint; readonly attempted: Attempted }

async function ask(probing: Probing, asked: Question, signal: AbortSignal): Promise<Asked> {
  const { key, environment, fetch, address, clock = REAL_CLOCK, timeoutSeconds = DEFAULT_TIMEOUT_SECONDS } = probing
  const known = { structured: true, vision: true }
  const opened = openEndpoint(parseModel(probing.model), { key, baseUrl: address, environment, fetch, known })
  // As for a vendor, the schema is not put into the prompt: only an endpoint that holds replies to it can know it.
  const endpoint = { ...opened, isVendor: true }
  const maxOutputTokens = asked.maxOutputTokens + Math.max(1000, opened.capabilities.reasoningTokens)
  const request = { question: asked, withSchema: asked.schema !== null, maxOutputTokens }
  const attempted = await tryOnce(endpoint, request, { clock, timeoutSeconds, onNote: () => undefined }, signal)
  return { endpoint: opened, attempted }
}

function question(text: string, extra: { schema?: Question['schema']; images?: Picture[] } = {}): Question {
  const turn = { from: 'us' as const, text, ...(extra.images && { images: extra.images }) }
  return {
    role: 'analyst',
    trial: 0,
    instructions: 'You are asked by a program that tests its connection.',
    turns: [turn],
    schema: extra.schema ?? null,
    maxOutputTokens: 100,
  }
}

function basicChecks({ endpoint, attempted }: Asked, { key }: Probing): ProbeCheck[] {
  const { provider } = endpoint.name
  const failed = 'fault' in attempted ? attempted.fault : null
  const isReached = failed === null || !['network', 'timeout'].includes(failed.kind)
  const reached: ProbeCheck = {
    name: 'reachable',
    ok: isReached,
    detail: endpoint.address,
    fix: isReached ? null : fixFor(failed, endpoint),
  }
  if (failed !== null && !isReached) return [{ ...reached, detail: `${endpoint.address}: ${words(failed, key)}` }]
  const isKeyRefused = failed?.kind === 'key'
  const keyDetail = isKeyRefused
    ? words(failed, key)
    : key === undefined
      ? `none given, none asked for (${keyVariable(provider)})`
      : 'accepted'
  const keyCheck: ProbeCheck = {
    name: 'key',
    ok: !isKeyRefused,
    detail: keyDetail,
    fix: isKeyRefused ? fixFor(failed, endpoint) : null,
  }
  if ('fault' in attempted) {
    const answers: ProbeCheck = {
      name: 'answers',
      ok: false,
      detail: words(attempted.fault, key),
      fix: fixFor(attempted.fault, endpoint),
    }
    return isKeyRefused ? [reached, keyCheck] : [reached, keyCheck, answers]
  }
  const { text } = attempted.completion.reply
  const hasText = text.trim() !== ''
  return [
    reached,
    keyCheck,
    {
      name: 'answers',
      ok: hasText,
      detail: hasText ? `"${printable(text.trim(), 60)}"` : 'an empty answer',
      fix: hasText ? null : 'try another model',
    },
    { name: 'first byte', ok: true, detail: `after ${formatSeconds(attempted.firstByteSeconds)}`, fix: null },
  ]
}

const COLOURS = {
  red: [220, 20, 20],
  green: [20, 160, 40],
  blue: [20, 40, 220],
  yellow: [250, 230, 20],
  black: [0, 0, 0],
  white: [255, 255, 255],
} as const

async function probeStructured(probing: Probing, signal: AbortSignal): Promise<ProbeCheck> {
  const properties = { colour: { type: 'string', enum: Object.keys(COLOURS) }, isBright: { type: 'boolean' } }
  const schema = { type: 'object', properties, required: ['colour', 'isBright'], additionalProperties: false }
  const { attempted } = await ask(probing, question('Describe the colour of ripe tomatoes.', { schema }), signal)
  const inPrompt = 'the schema goes into the prompt'
  if ('fault' in attempted)
    return { name: 'structured output', ok: false, detail: `${words(attempted.fault, probing.key)}; ${inPrompt}`, fix: null }
  const ok = fits(attempted.completion.reply.text)
  return {
    name: 'structured output',
    ok,
    detail: ok ? 'replies are held to a JSON schema' : `replies are not held to a JSON schema; ${inPrompt}`,
    fix: null,
  }
}

function fits(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return (
      typeof value === 'object' &&
      value !== null &&
      'isBright' in value &&
      'colour' in value &&
      Object.keys(COLOURS).includes(String(value.colour))
    )
  } catch {
    return false
  }
}

async function probeVision(probing: Probing, signal: AbortSignal): Promise<ProbeCheck> {
  const names = Object.keys(COLOURS) as (keyof typeof COLOURS)[]
  const colour = names[Math.floor((probing.clock ?? REAL_CLOCK).random() * names.length)] ?? 'red'
  const images = [{ png: oneColourPng(64, COLOURS[colour]), caption: 'one colour' }]
  const text = `Which colour fills the picture: ${names.join(', ')}? Reply with one word.`
  const { attempted } = await ask(probing, question(text, { images }), signal)
  if ('fault' in attempted)
    return { name: 'vision', ok: false, detail: `takes no pictures (${words(attempted.fault, probing.key)})`, fix: null }
  const said = attempted.completion.reply.text.toLowerCase()
  const ok = said.includes(colour) && names.every((name) => name === colour || !said.includes(name))
  return {
    name: 'vision',
    ok,
    detail: ok ? `saw ${colour}` : `was shown ${colour} and said "${printable(said.trim(), 60)}"`,
    fix: null,
  }
}

function reasoningCheck({ reasoningTokens, inputTokens }: Usage): ProbeCheck {
  const counted = reasoningTokens === null ? 'not told' : `${reasoningTokens} in a tiny answer`
  const detail = inputTokens === null ? 'the endpoint counts no tokens at all: costs and limits rest on estimates' : counted
  return { name: 'reasoning tokens', ok: reasoningTokens !== null, detail, fix: null }
}

function words({ message }: Fault, key: string | undefined): string {
  return redact(message, key === undefined ? [] : [key])
}

/** What a run that gave up on this fault would tell the user to do. */
function fixFor(problem: Fault | null, endpoint: Endpoint): string | null {
  if (problem === null) return null
  const step = nextStep(
    Array.from({ length: 9 }, () => problem),
    0,
  )
  return 'giveUp' in step ? goneBecause(step.giveUp, endpoint, [problem], (text) => text).fix : null
}
