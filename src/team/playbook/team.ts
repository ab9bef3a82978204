import type { Blueprint, Brief, Team } from '../../core/team.ts'
import { makeAnalyst } from './analyst.ts'
import { designPlainBlueprint, makeArchitect } from './architect.ts'
import { makeCraft } from './craft.ts'
import type { Crafts } from './craft.ts'
import { makeEngineer } from './engineers.ts'
import { fingerprintOf } from './fingerprint.ts'
import { checkChange } from './label-safety.ts'
import { readMeasurements } from './measured.ts'
import { DATA_MOVES } from './moves-data.ts'
import { MODEL_MOVES } from './moves-model.ts'
import { TRAINING_MOVES } from './moves-training.ts'
import { renderData } from './render-data.ts'
import { renderModel } from './render-model.ts'
import { renderTraining } from './render-training.ts'
import { makeSampler } from './sample.ts'
import type { Sampler } from './sample.ts'

/**
 * The five roles played by rules: no key, no network, the same answer to the same evidence. `leaveOut` names an image set whose
 * measurements the team does without, so that it can be judged on that set.
 */
export function makePlaybookTeam(leaveOut: string | null = null): Team {
  const crafts = makeCrafts(leaveOut)
  return {
    name: 'playbook',
    architect: makeArchitect(crafts),
    analyst: makeAnalyst(crafts),
    engineers: {
      data: makeEngineer(crafts.data),
      model: makeEngineer(crafts.model),
      training: makeEngineer(crafts.training),
    },
  }
}

/** Random search over what the playbook's moves cover. */
export function makePlaybookSampler(): Sampler {
  return makeSampler(makeCrafts())
}

/** The deliberately plain pipeline to start from, as many tutorials have it. */
export function plainBlueprint(brief: Brief): Blueprint {
  return designPlainBlueprint(makeCrafts(), brief)
}

/** The three crafts with the playbook's catalogues. */
export function makeCrafts(leaveOut: string | null = null): Crafts {
  const shared = { fingerprint: fingerprintOf, safety: checkChange, measured: readMeasurements(leaveOut) }
  return {
    data: makeCraft({ component: 'data', moves: DATA_MOVES, render: renderData, ...shared }),
    model: makeCraft({ component: 'model', moves: MODEL_MOVES, render: renderModel, ...shared }),
    training: makeCraft({ component: 'training', moves: TRAINING_MOVES, render: renderTraining, ...shared }),
  }
}
