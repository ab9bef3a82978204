import { UsageError } from '../core/errors.ts'
import type { LlmRole } from '../core/language-model.ts'
import { nearestName, printable } from '../core/names.ts'

/** Where a model can be asked: three vendors, presets of OpenAI-compatible endpoints, and any other such endpoint. */
export const PROVIDERS = ['openai', 'anthropic', 'google', 'ollama', 'lmstudio', 'vllm', 'openrouter', 'local'] as const
export type ProviderName = (typeof PROVIDERS)[number]

export type ModelName = {
  readonly provider: ProviderName
  /** The provider's own id; may hold further colons. */
  readonly model: string
  /** As the user wrote it: "openai:gpt-5". */
  readonly text: string
}

/** Roles that may be given a model of their own. */
export const CHOOSING_ROLES = ['analyst', 'architect', 'data', 'model', 'training'] as const satisfies readonly LlmRole[]
export type ChoosingRole = (typeof CHOOSING_ROLES)[number]

/** Which model plays which role: plain JSON for `run.json`, free of secrets. */
export type ModelChoice = {
  readonly model: string
  readonly roles: Readonly<Partial<Record<ChoosingRole, string>>>
  /** Address of the `local:` models where one is named, else of the provider of `model`; null for the provider's own. */
  readonly baseUrl: string | null
}

const EXAMPLE = 'name it as PROVIDER:MODEL, for example openai:gpt-5 or ollama:qwen3:32b'

/** "ollama:qwen3:32b" -> provider "ollama", model "qwen3:32b". */
export function parseModel(text: string): ModelName {
  const colon = text.indexOf(':')
  if (colon < 0) throw new UsageError(`the model "${printable(text)}" has no provider before it`, { fix: EXAMPLE })
  const [given, model] = [text.slice(0, colon), text.slice(colon + 1)]
  const provider = PROVIDERS.find((name) => name === given)
  if (provider === undefined) throw unknownProvider(given, model)
  if (!/^[\x21-\x7e]{1,200}$/.test(model))
    throw new UsageError(`"${printable(text)}" names no model of ${provider}`, { fix: EXAMPLE })
  return { provider, model, text }
}

function unknownProvider(given: string, model: string): UsageError {
  const near = nearestName(given, PROVIDERS)
  return new UsageError(`there is no provider "${printable(given)}"`, {
    evidence: [`known: ${PROVIDERS.join(', ')}`],
    fix: near === null ? EXAMPLE : `${near}:${printable(model)}`,
  })
}

/** Checks every name and the address of a choice, and gives it back without what is not set. */
export function checkModelChoice(choice: ModelChoice): ModelChoice {
  const names = modelsOf(choice)
  if (choice.baseUrl !== null) checkBaseUrl(choice.baseUrl)
  const local = names.find((name) => name.provider === 'local')
  if (local !== undefined && choice.baseUrl === null)
    throw new UsageError(`${local.text} has no address`, { fix: '--base-url http://127.0.0.1:8000/v1' })
  return choice
}

/** Each model of the choice once, the default first. */
export function modelsOf(choice: ModelChoice): ModelName[] {
  const texts = [choice.model, ...CHOOSING_ROLES.flatMap((role) => choice.roles[role] ?? [])]
  return [...new Set(texts)].map(parseModel)
}

/** The model that a role is played by. */
export function modelOf(choice: ModelChoice, role: LlmRole): ModelName {
  const own = CHOOSING_ROLES.find((name) => name === role)
  return parseModel((own && choice.roles[own]) ?? choice.model)
}

/** The address for models of this provider, or null for the provider's own. */
export function baseUrlOf(choice: ModelChoice, provider: ProviderName): string | null {
  const owner = modelsOf(choice).some((name) => name.provider === 'local') ? 'local' : parseModel(choice.model).provider
  return provider === owner ? choice.baseUrl : null
}

function checkBaseUrl(text: string): void {
  const url = URL.parse(text)
  const fix = '--base-url http://127.0.0.1:8000/v1'
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new UsageError(`"${printable(text)}" is no http address`, { fix })
  if (url.username !== '' || url.password !== '')
    throw new UsageError('the address of the endpoint holds a name or password, which would be stored with the run', {
      fix: 'take them out and give the key in LOCAL_API_KEY',
    })
  if (url.search !== '' || url.hash !== '')
    throw new UsageError(`the address of the endpoint ends in "${printable(url.search + url.hash)}", which would be cut off`, {
      fix,
    })
}
