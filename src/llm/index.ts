export { type RunClock } from './ask.ts'
export { type Caps, type Spent } from './caps.ts'
export { type Clock, REAL_CLOCK } from './clock.ts'
export { type Environment } from './keys.ts'
export {
  checkModelChoice,
  CHOOSING_ROLES,
  type ChoosingRole,
  modelOf,
  modelsOf,
  parseModel,
  PROVIDERS,
  type ModelChoice,
  type ModelName,
  type ProviderName,
} from './model-name.ts'
export { DEFAULT_TIMEOUT_SECONDS, openAsk, type OpenAskOptions, type OpenedAsk } from './open-ask.ts'
export { costOf, priceOf, PRICES_CHECKED, type Price } from './prices.ts'
export { probeModel, type Probe, type ProbeCheck } from './probe.ts'
export { assumedCapabilities, type Capabilities } from './providers.ts'
export { redact, redactJson } from './redact.ts'
