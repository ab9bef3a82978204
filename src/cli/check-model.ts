import { probeModel } from '../llm/index.ts'
import type { ProbeCheck } from '../llm/index.ts'
import type { Check } from './run-doctor.ts'

/** What a team cannot do without; the others only change how it is asked. */
const NEEDED: readonly ProbeCheck['name'][] = ['key', 'reachable', 'answers']

/** Asks a language model a few tiny questions, and tells what it can. */
export async function checkModel(model: string, baseUrl: string | null, signal: AbortSignal): Promise<Check[]> {
  const { checks } = await probeModel({ model, baseUrl, environment: process.env }, signal)
  return [
    { name: 'model', status: 'ok', detail: model },
    ...checks.map(({ name, ok, detail, fix }): Check => ({
      name: '  probe',
      status: ok ? 'ok' : NEEDED.includes(name) ? 'missing' : 'warning',
      detail: `${name}: ${detail}`,
      ...(fix === null ? {} : { fix }),
    })),
  ]
}
