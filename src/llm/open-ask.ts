import { UsageError } from '../core/errors.ts'
import type { Ask, CallCost } from '../core/language-model.ts'
import { makeAsk, type RunClock } from './ask.ts'
import { checkCaps, type Caps, type Spent } from './caps.ts'
import { REAL_CLOCK, type Clock } from './clock.ts'
import { openExchanges, readExchanges, type StoredExchange } from './exchanges.ts'
import { openHttp } from './http.ts'
import { readKeys, type Environment, type Keys } from './keys.ts'
import { baseUrlOf, checkModelChoice, modelsOf, type ModelChoice, type ModelName } from './model-name.ts'
import { openEndpoint, type Capabilities, type Endpoint, type Fetch } from './providers.ts'

/** `--llm-timeout` where the user says nothing: a slow machine may need 14 minutes to its first byte. */
export const DEFAULT_TIMEOUT_SECONDS = 900

export type OpenAskOptions = {
  readonly choice: ModelChoice
  /** Where keys, proxies and addresses of vendors are looked up. */
  readonly environment: Environment
  /** The folder of the run's exchanges, `llm` in the run folder; made when it is missing. */
  readonly folder: string
  /** The folder of another run's exchanges; answers then come from there, no key is needed and no request is made. */
  readonly replayFolder?: string
  readonly caps?: Caps
  /** What the run has cost so far, by the journal. */
  readonly spent: () => Spent
  /** Whether the journal holds the cost of the exchange in this path. */
  readonly isBooked: (exchange: string) => boolean
  /** Awaited before the answer is handed on. */
  readonly onCall: (cost: CallCost) => Promise<void>
  /** One line for the person who waits. */
  readonly onNote: (text: string) => void
  readonly runClock: RunClock
  readonly timeoutSeconds?: number
  /** What is known of a model's endpoint, by the model's name as the user wrote it. */
  readonly known?: Readonly<Record<string, Partial<Capabilities>>>
  readonly clock?: Clock
}

export type OpenedAsk = {
  readonly ask: Ask
  /** What a model's endpoint is taken to be able to do. */
  readonly capabilities: (name: ModelName) => Capabilities
  /** The literal keys, for `redact` on whatever else is stored or shown. */
  readonly keys: readonly string[]
  readonly close: () => Promise<void>
}

/** Checks the models, reads the keys, opens the folder of exchanges. A mistake of the user's shows here, before anything was spent. */
export async function openAsk(options: OpenAskOptions): Promise<OpenedAsk> {
  const { environment, folder, clock = REAL_CLOCK, caps = { usd: null, tokens: null } } = options
  const choice = checkModelChoice(options.choice)
  const models = modelsOf(choice)
  const isReplay = options.replayFolder !== undefined
  if (!isReplay) checkCaps(caps, models, clock.date())
  const byProvider = isReplay
    ? {}
    : await readKeys(
        models.map(({ provider }) => provider),
        environment,
      )
  const keys = Object.values(byProvider)
  const recording = options.replayFolder === undefined ? null : await openRecording(options.replayFolder)
  const exchanges = await openExchanges(folder)
  const http = openHttp(environment)
  const endpointOf = rememberEndpoints(options, byProvider, http.fetch)
  const timeoutSeconds = options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS
  const ask = makeAsk({ ...options, choice, folder, caps, clock, keys, exchanges, recording, timeoutSeconds, endpointOf })
  return { ask, keys, capabilities: (name) => endpointOf(name).capabilities, close: http.close }
}

function rememberEndpoints(options: OpenAskOptions, keys: Keys, fetch: Fetch): (name: ModelName) => Endpoint {
  const opened = new Map<string, Endpoint>()
  const open = (name: ModelName) =>
    openEndpoint(name, {
      key: keys[name.provider],
      baseUrl: baseUrlOf(options.choice, name.provider),
      environment: options.environment,
      fetch,
      known: options.known?.[name.text] ?? {},
    })
  return (name) => {
    const endpoint = opened.get(name.text) ?? open(name)
    opened.set(name.text, endpoint)
    return endpoint
  }
}

async function openRecording(folder: string): Promise<StoredExchange[]> {
  const recording = await readExchanges(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  if (recording.length > 0) return recording
  throw new UsageError('the run to replay holds no exchanges with a model', {
    evidence: [`looked in ${folder}`],
    fix: 'name a run that was made with --llm',
  })
}
