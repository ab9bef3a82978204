export { measuredSets } from './measured.ts'
export { knowsMemo } from './craft.ts'
export { makePlaybookSampler, makePlaybookTeam, plainBlueprint } from './team.ts'
export type { Sampler } from './sample.ts'
