import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogle } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { Environment } from './keys.ts'
import type { ModelName, ProviderName } from './model-name.ts'

/** The SDK's own type of a model, never its plain string: that would go to a gateway in the cloud. */
export type LanguageModel = ReturnType<ReturnType<typeof createOpenAICompatible>['chatModel']>
export type CallOptions = Parameters<LanguageModel['doStream']>[0]
export type Fetch = typeof fetch

export type Capabilities = {
  /** Whether the endpoint holds a reply to a JSON schema. */
  readonly structured: boolean
  /** Whether the model takes pictures. */
  readonly vision: boolean
  /** Output tokens asked for on top of the visible ones, for models that think before they speak. */
  readonly reasoningTokens: number
}

export type Endpoint = {
  readonly name: ModelName
  readonly address: string
  /** Whether it is one of the three vendors rather than something that speaks OpenAI's language. */
  readonly isVendor: boolean
  readonly capabilities: Capabilities
  readonly model: LanguageModel
  /** Options of the request that only this provider knows. */
  readonly providerOptions: NonNullable<CallOptions['providerOptions']>
}

type Preset = { readonly address: string; readonly capabilities: Capabilities; readonly addressVariable?: string }

/** Thinking of current hosted models on a task such as ours stays below this (an assumption, raised when a reply is cut without a word). */
const THINKING = 16_000
const VENDOR: Capabilities = { structured: true, vision: true, reasoningTokens: THINKING }
const SERVER: Capabilities = { structured: true, vision: false, reasoningTokens: 0 }

const PRESETS: Readonly<Record<ProviderName, Preset>> = {
  openai: { address: 'https://api.openai.com/v1', capabilities: VENDOR, addressVariable: 'OPENAI_BASE_URL' },
  anthropic: { address: 'https://api.anthropic.com/v1', capabilities: VENDOR, addressVariable: 'ANTHROPIC_BASE_URL' },
  google: { address: 'https://generativelanguage.googleapis.com/v1beta', capabilities: VENDOR },
  openrouter: { address: 'https://openrouter.ai/api/v1', capabilities: { ...SERVER, reasoningTokens: THINKING } },
  ollama: { address: 'http://127.0.0.1:11434/v1', capabilities: SERVER },
  lmstudio: { address: 'http://127.0.0.1:1234/v1', capabilities: SERVER },
  vllm: { address: 'http://127.0.0.1:8000/v1', capabilities: SERVER },
  local: { address: '', capabilities: { ...SERVER, structured: false } },
}

export type EndpointOptions = {
  readonly key: string | undefined
  /** Replaces the provider's own address. */
  readonly baseUrl: string | null
  readonly environment: Environment
  readonly fetch: Fetch
  /** What is known of this endpoint, by a probe or by the user, in place of what its preset assumes. */
  readonly known?: Partial<Capabilities>
}

export function openEndpoint(name: ModelName, options: EndpointOptions): Endpoint {
  const preset = PRESETS[name.provider]
  const address = addressOf(preset, options)
  return {
    name,
    address,
    isVendor: name.provider === 'openai' || name.provider === 'anthropic' || name.provider === 'google',
    capabilities: { ...preset.capabilities, ...options.known },
    model: makeModel(name, address, options),
    providerOptions: name.provider === 'openai' ? { openai: { store: false } } : {},
  }
}

/** What is assumed of a provider's models before anything was probed. */
export function assumedCapabilities(provider: ProviderName): Capabilities {
  return PRESETS[provider].capabilities
}

function addressOf(preset: Preset, { baseUrl, environment }: EndpointOptions): string {
  const own = preset.addressVariable === undefined ? undefined : environment[preset.addressVariable]
  const address = (baseUrl ?? (own || preset.address)).replace(/\/+$/, '')
  // Vendors' own tools take an address without a path here; the SDK wants it with one.
  return baseUrl === null && own && URL.parse(address)?.pathname === '/' ? `${address}/v1` : address
}

function makeModel({ provider, model }: ModelName, baseURL: string, { key, fetch, known }: EndpointOptions): LanguageModel {
  const apiKey = key ?? ''
  if (provider === 'openai') return createOpenAI({ baseURL, apiKey, fetch })(model)
  if (provider === 'anthropic') return createAnthropic({ baseURL, apiKey, fetch })(model)
  if (provider === 'google') return createGoogle({ baseURL, apiKey, fetch })(model)
  const supportsStructuredOutputs = known?.structured ?? PRESETS[provider].capabilities.structured
  const authorized = key === undefined ? {} : { apiKey: key }
  return createOpenAICompatible({
    name: provider,
    baseURL,
    fetch,
    includeUsage: true,
    supportsStructuredOutputs,
    ...authorized,
  }).chatModel(model)
}
