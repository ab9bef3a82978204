/** The five roles played by a language model. */
export { contractText } from './contract-text.ts'
export type { ContractSources, ContractText } from './contract-text.ts'
export type { LlmTeamOptions } from './settings.ts'
export { makeLlmTeam } from './team.ts'
