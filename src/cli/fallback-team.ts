import { ProviderGone } from '../core/language-model.ts'
import { COMPONENTS } from '../core/pipeline.ts'
import type { Component } from '../core/pipeline.ts'
import type { Engineer, Evidence, Memos, Team } from '../core/team.ts'
import { knowsMemo } from '../team/playbook/index.ts'

/**
 * The model's team until its provider is gone; from then on the playbook, until the run is started again. What the playbook did not write
 * it cannot change: such a component it sees as its own of pipeline 0, and what it proposes for it replaces the whole file.
 */
export function withFallback(team: Team, playbook: Team, onGone: (reason: string) => Promise<void>): Team {
  let isGone = false
  const either = async <T>(ask: () => Promise<T>, instead: () => Promise<T>): Promise<T> => {
    if (isGone) return instead()
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof ProviderGone)) throw error
      isGone = true
      await onGone(error.message)
      return instead()
    }
  }
  const engineer =
    (component: Component): Engineer =>
    (assignment, signal) =>
      either(
        () => team.engineers[component](assignment, signal),
        async () => {
          const evidence = await asSeenBy(playbook, assignment.evidence, signal)
          return playbook.engineers[component]({ ...assignment, evidence }, signal)
        },
      )
  return {
    name: team.name,
    architect: (brief, signal) =>
      either(
        () => team.architect(brief, signal),
        () => playbook.architect(brief, signal),
      ),
    analyst: (evidence, signal) =>
      either(
        () => team.analyst(evidence, signal),
        async () => playbook.analyst(await asSeenBy(playbook, evidence, signal), signal),
      ),
    engineers: { data: engineer('data'), model: engineer('model'), training: engineer('training') },
    ...(team.repair === undefined ? {} : { repair: repairWhileThere(team.repair, either) }),
  }
}

type Either = <T>(ask: () => Promise<T>, instead: () => Promise<T>) => Promise<T>

/** Without its author nothing is mended. */
function repairWhileThere(repair: NonNullable<Team['repair']>, either: Either): NonNullable<Team['repair']> {
  const nothing = () => Promise.resolve(null)
  return {
    blueprint: (brief, broken, signal) => either(() => repair.blueprint(brief, broken, signal), nothing),
    proposal: (evidence, broken, signal) => either(() => repair.proposal(evidence, broken, signal), nothing),
  }
}

async function asSeenBy(playbook: Team, evidence: Evidence, signal: AbortSignal): Promise<Evidence> {
  const own = await playbook.architect(evidence.brief, signal)
  const entries = COMPONENTS.map((component) => {
    const memo = evidence.best.memos[component]
    return [component, knowsMemo(component, memo) ? memo : own.memos[component]] as const
  })
  return { ...evidence, best: { ...evidence.best, memos: Object.fromEntries(entries) as Memos } }
}
