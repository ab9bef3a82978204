import type { Suite } from '../proof.ts'
import { proveFaults } from './faults.ts'
import { proveInjections } from './injections.ts'
import { proveReplay } from './replay.ts'
import { proveReplies } from './replies.ts'
import { proveSecrets } from './secrets.ts'
import { proveSlowEndpoint } from './slow-endpoint.ts'

/** The suites of `npm run proof -- llm`. */
export const LLM_SUITES: Readonly<Record<string, Suite>> = {
  'llm-faults': proveFaults,
  'llm-replies': proveReplies,
  'llm-injections': proveInjections,
  'llm-slow-endpoint': proveSlowEndpoint,
  'llm-secrets': proveSecrets,
  'llm-replay': proveReplay,
}
