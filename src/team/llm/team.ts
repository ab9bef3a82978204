import type { Ask } from '../../core/language-model.ts'
import type { Team } from '../../core/team.ts'
import { makeAlone } from './alone.ts'
import { makeAnalyst } from './analyst.ts'
import { makeArchitect } from './architect.ts'
import { makeEngineer } from './engineer.ts'
import { makeRepair } from './repair.ts'
import type { LlmTeamOptions } from './settings.ts'

/**
 * The five roles played by a language model. A role is a question, a check of the reply, and at most two more tries with what was wrong;
 * then `NoValidReply`. Nothing is remembered between calls: the same facts give the same questions, so that a run can be repeated.
 */
export function makeLlmTeam(ask: Ask, options: LlmTeamOptions): Team {
  const desk = { ...options, ask }
  return {
    name: 'llm',
    architect: makeArchitect(desk),
    analyst: makeAnalyst(desk),
    engineers: {
      data: makeEngineer(desk, 'data'),
      model: makeEngineer(desk, 'model'),
      training: makeEngineer(desk, 'training'),
    },
    alone: makeAlone(desk),
    repair: makeRepair(desk),
  }
}
