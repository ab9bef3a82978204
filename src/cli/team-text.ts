import type { RunSpec } from '../core/run-spec.ts'

/** "playbook", or "llm openai:MODEL (analyst anthropic:MODEL)". */
export function describeTeam({ team, llm }: Pick<RunSpec, 'team' | 'llm'>): string {
  if (llm === null) return team
  const roles = Object.entries(llm.models.roles).map(([role, model]) => `${role} ${model}`)
  const more = roles.length === 0 ? '' : ` (${roles.join(', ')})`
  const replay = llm.replay === null ? '' : `, answers of ${llm.replay}`
  return `${team} ${llm.models.model}${more}${replay}`
}
