import { ExternalError } from '../core/errors.ts'
import { COMPONENTS } from '../core/pipeline.ts'
import type { Component } from '../core/pipeline.ts'
import { trialFolder } from '../core/run-layout.ts'
import { NoValidReply } from '../core/team.ts'
import type { Blueprint, Change, Evidence, Proposal } from '../core/team.ts'
import { summarizeChanges } from '../core/trial.ts'
import type { Trial } from '../core/trial.ts'
import type { Run } from './run.ts'
import type { Strategy } from './strategies.ts'

/** Trial 0: the Architect's design as one coherent piece. */
export async function designPipeline(run: Run, signal: AbortSignal): Promise<Trial> {
  const started = run.journal.activeSeconds()
  const trial = trialOfBlueprint(await run.team.architect(run.brief, signal))
  await open(run, trial, { proposal: null, base: null, refusal: null, started })
  return trial
}

export function trialOfBlueprint({ understanding, design, pipeline, memos }: Blueprint): Trial {
  return { number: 0, pipeline, memos, note: `${understanding}\n\n${design}`.trim() }
}

/** The strategy's next proposal as a trial on disk and in the journal; null when it has none. */
export async function propose(run: Run, best: Trial, evidence: Evidence, signal: AbortSignal): Promise<Trial | null> {
  const started = run.journal.activeSeconds()
  const number = run.journal.state().trials.length
  const answer = await run.strategy.propose(run.team, evidence, signal).catch((error: unknown) => {
    if (error instanceof NoValidReply) return error
    throw error
  })
  if (answer === null) return null
  if (answer instanceof NoValidReply) {
    const nothing = { ...best, number, note: answer.message }
    const proposal = { diagnosis: answer.diagnosis, changes: {} }
    await open(run, nothing, { proposal, base: best, refusal: answer.message, started })
    return nothing
  }
  const trial = applyProposal(run.strategy, best, answer, number)
  await open(run, trial, { proposal: answer, base: best, refusal: null, started })
  return trial
}

/** The last trial, when it was proposed and not decided yet: its training was interrupted. */
export async function unfinishedTrial(run: Run): Promise<Trial | null> {
  const last = run.journal.state().trials.at(-1)
  if (last === undefined || last.number === 0 || last.decision !== null) return null
  return storedTrial(run, last.number)
}

/** A trial that the journal knows, as its files say. Throws `ExternalError` when they are gone or were changed by another hand. */
export async function storedTrial(run: Run, number: number): Promise<Trial> {
  const trial = await run.trials.load(number)
  if (trial !== null) return trial
  throw new ExternalError('journal', `the files of trial ${number} are missing or not what the journal says`, {
    evidence: [`looked in  ${trialFolder(number)} of the run`],
    fix: 'put them back as they were, or start a new run: improve run',
  })
}

/**
 * The best pipeline with the proposed components exchanged. That nothing else changes does not rest on anybody's promise: of the
 * proposal only the sources of the components named are taken. Throws when the strategy exceeds its scope, which is a mistake of ours.
 */
export function applyProposal(strategy: Strategy, best: Trial, { diagnosis, changes }: Proposal, number: number): Trial {
  const changed = COMPONENTS.filter((component) => changes[component] !== undefined)
  const isInScope = strategy.scope === 'all components' || (changed.length === 1 && changed[0] === diagnosis?.component)
  if (!isInScope) throw new Error(`the strategy ${strategy.name} may change ${strategy.scope}, it changed ${changed.join(', ')}`)
  const pipeline: Record<Component, string> = { ...best.pipeline }
  const memos: Record<Component, unknown> = { ...best.memos }
  for (const component of changed) {
    const change = changes[component] as Change
    pipeline[component] = change.source
    memos[component] = change.memo
  }
  const note = changed.map((component) => changes[component]?.rationale ?? '').join('\n')
  return { number, pipeline, memos, note }
}

type Opening = {
  readonly proposal: Proposal | null
  readonly base: Trial | null
  /** Why nothing came of asking for a proposal, or null. */
  readonly refusal: string | null
  /** Active seconds of the run when the team was asked. */
  readonly started: number
}

/** Files first, then the intent: a trial that the journal knows has its files. */
async function open(run: Run, trial: Trial, { proposal, base, refusal, started }: Opening): Promise<void> {
  await run.trials.save(trial, proposal, base)
  await run.journal.append({
    type: 'trial.proposed',
    trial: trial.number,
    base: base?.number ?? null,
    diagnosis: proposal?.diagnosis ?? null,
    changes: summarizeChanges(proposal),
    pipeline: run.trials.hashes(trial.pipeline),
    teamSeconds: run.journal.activeSeconds() - started,
    refusal,
  })
}
