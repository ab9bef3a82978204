export { makePlaybookSampler, makePlaybookTeam, plainBlueprint } from './team.ts'
export type { Sampler } from './sample.ts'
