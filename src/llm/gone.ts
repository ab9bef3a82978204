import { plural } from '../core/format.ts'
import { ProviderGone, type GoneReason } from '../core/language-model.ts'
import type { Fault } from './faults.ts'
import { keyVariable } from './keys.ts'
import type { Endpoint } from './providers.ts'

/** The sentence, the evidence and the cure for a provider that could not be made to answer. */
export function goneBecause(
  reason: GoneReason,
  endpoint: Endpoint,
  faults: readonly Fault[],
  clean: (text: string) => string,
): ProviderGone {
  const last = faults.at(-1)
  const evidence = [
    ...(last === undefined ? [] : [`last words of ${endpoint.address}: ${clean(last.message)}`]),
    ...(faults.length > 1 ? [`${plural(faults.length, 'try', 'tries')}: ${faults.map(({ kind }) => kind).join(', ')}`] : []),
  ]
  const isRequest = last?.kind === 'request'
  return new ProviderGone(reason, isRequest ? `${endpoint.name.text} does not accept the question` : sentence(reason, endpoint), {
    evidence,
    fix: isRequest
      ? 'name a model with a longer context, or see improve doctor --llm for what the endpoint takes'
      : cure(reason, endpoint),
  })
}

function sentence(reason: GoneReason, { name, address }: Endpoint): string {
  const sentences: Readonly<Record<GoneReason, string>> = {
    unreachable: `${name.text} cannot be reached at ${address}`,
    timeout: `${name.text} did not answer in the time allowed, twice`,
    'rate-limit': `${name.text} keeps turning requests away as too many`,
    quota: `the account of ${name.provider} has no money or quota left`,
    key: `${name.provider} does not accept the key`,
    model: `${name.provider} has no model "${name.model}" for this key`,
    server: `${name.text} fails on its own side or gives empty answers`,
    cap: `the limit for ${name.text} is reached`,
    recording: `no recorded answer for ${name.text}`,
  }
  return sentences[reason]
}

function cure(reason: GoneReason, { name, address }: Endpoint): string {
  const resume = 'then improve resume'
  const cures: Readonly<Record<GoneReason, string>> = {
    unreachable: `check the network and that something answers at ${address}, ${resume}`,
    timeout: `resume with a longer --llm-timeout, or name a faster model`,
    'rate-limit': `wait, ${resume}`,
    quota: `see the billing page of ${name.provider}, ${resume}`,
    key: `put a valid key in ${keyVariable(name.provider)}, ${resume}`,
    model: `see improve doctor --llm ${name.text}, and name a model that the key may use`,
    server: `wait or name another model, ${resume}`,
    cap: `raise the limit, ${resume}`,
    recording: 'go on with a model',
  }
  return cures[reason]
}
