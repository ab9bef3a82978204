import type { Failed } from '../core/outcome.ts'
import { isFromOutside } from '../core/outcome.ts'
import { COMPONENTS } from '../core/pipeline.ts'
import type { Component } from '../core/pipeline.ts'
import type { TrialState } from '../core/run-state.ts'
import type { Blueprint, Broken, Change, Proposal, TrialFailure } from '../core/team.ts'
import { summarizeChanges } from '../core/trial.ts'
import type { Trial } from '../core/trial.ts'
import { evidenceOf } from './evidence.ts'
import { measure } from './measure.ts'
import { applyProposal, trialOfBlueprint } from './propose.ts'
import type { Run } from './run.ts'

/** Stages whose failures an author can mend; later ones say more about the machine than about the code. */
const MENDABLE = ['check', 'smoke', 'train', 'predict'] as const

/**
 * Trains a trial for the first time. What fails goes back to its author with what was found, as often as the run allows, and the
 * mended files take its place. Returns the trial as it was last; whether it was scored is in the journal.
 */
export async function mend(run: Run, candidate: Trial, best: Trial | null, signal: AbortSignal): Promise<Trial> {
  if (run.journal.state().trials[candidate.number]?.refusal != null) return candidate
  await run.trials.settleRepair(candidate.number)
  let trial = candidate
  for (;;) {
    const { outcome } = await measure(run, trial, 0, signal)
    if (outcome.status === 'scored' || !isMendable(outcome)) return trial
    const mended = await askForRepair(run, { trial, best, failure: outcome }, signal)
    if (mended === null) return trial
    trial = mended
  }
}

function isMendable(outcome: Failed): boolean {
  return !isFromOutside(outcome) && MENDABLE.some((stage) => stage === outcome.stage)
}

type Case = { readonly trial: Trial; readonly best: Trial | null; readonly failure: TrialFailure }

async function askForRepair(run: Run, { trial, best, failure }: Case, signal: AbortSignal): Promise<Trial | null> {
  const state = run.journal.state().trials[trial.number]
  if (state === undefined || run.team.repair === undefined || state.failures.length >= run.spec.repairs) return null
  const started = run.journal.activeSeconds()
  const told = { earlierRepairs: state.failures.length, failure }
  const mended = best === null ? await redesign(run, trial, told, signal) : await rework(run, { state, trial, best, told }, signal)
  if (mended === null) return null
  await run.trials.saveRepair(mended.trial, mended.proposal, best)
  await run.journal.append({
    type: 'trial.repaired',
    trial: trial.number,
    changes: summarizeChanges(mended.proposal),
    pipeline: run.trials.hashes(mended.trial.pipeline),
    teamSeconds: run.journal.activeSeconds() - started,
  })
  await run.trials.settleRepair(trial.number)
  return mended.trial
}

type Told = Omit<Broken<unknown>, 'work'>
type Mended = { readonly trial: Trial; readonly proposal: Proposal | null }

async function redesign(run: Run, trial: Trial, told: Told, signal: AbortSignal): Promise<Mended | null> {
  const { pipeline, memos, note } = trial
  const work: Blueprint = { understanding: note, design: '', pipeline, memos }
  const blueprint = (await run.team.repair?.blueprint(run.brief, { work, ...told }, signal)) ?? null
  return blueprint === null ? null : { trial: trialOfBlueprint(blueprint), proposal: null }
}

type Reworked = { readonly state: TrialState; readonly trial: Trial; readonly best: Trial; readonly told: Told }

async function rework(run: Run, { state, trial, best, told }: Reworked, signal: AbortSignal): Promise<Mended | null> {
  const evidence = await evidenceOf(run, best, signal)
  const work = proposalOf(state, trial)
  const proposal = (await run.team.repair?.proposal(evidence, { work, ...told }, signal)) ?? null
  return proposal === null ? null : { trial: applyProposal(run.strategy, best, proposal, trial.number), proposal }
}

/** What a trial proposed, as its files and the journal say. */
function proposalOf({ diagnosis, changes }: TrialState, { pipeline, memos }: Trial): Proposal {
  const entries = changes.map(({ component, ...change }): [Component, Change] => [
    component,
    { ...change, source: pipeline[component], memo: memos[component] },
  ])
  return { diagnosis, changes: Object.fromEntries(entries.filter(([component]) => COMPONENTS.includes(component))) }
}
