import { cp, mkdir, readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import * as z from 'zod'
import { COMPONENTS } from '../core/pipeline.ts'
import type { Component, Pipeline } from '../core/pipeline.ts'
import type { Decision } from '../core/decision.ts'
import type { RunState, TrialState } from '../core/run-state.ts'
import type { Proposal } from '../core/team.ts'
import { summarizeChanges } from '../core/trial.ts'
import type { Trial, TrialStore } from '../core/trial.ts'
import { hashText, syncFolder, writeAtomic } from '../files/index.ts'
import { trialFiles } from './run-folder.ts'
import type { RunFolder } from './run-folder.ts'
import { unifiedDiff } from './unified-diff.ts'

/**
 * The file `proposal.json`. `note` is the Architect's understanding and design, or the rationale of the change; `memos` is JSON that
 * only the author of each component reads.
 */
const proposalFileSchema = z.object({
  version: z.literal(1),
  trial: z.number().int().nonnegative(),
  base: z.number().int().nonnegative().nullable(),
  note: z.string(),
  memos: z.object({ data: z.unknown(), model: z.unknown(), training: z.unknown() }),
})

/** Keeps trials in the run folder; `state` says which there are and what their files were. */
export function makeTrialStore(folder: RunFolder, state: () => RunState): TrialStore {
  return {
    save: (trial, proposal, base) => saveTrial(folder, trial, proposal, base),
    saveRepair: (trial, proposal, base) => saveRepair(folder, state(), { trial, proposal, base }),
    settleRepair: (number) => settleRepair(folder, state(), number),
    saveDecision: (trial, base, decision, lesson) => saveDecision(folder, state(), { trial, base, decision, lesson }),
    load: (number) => loadTrial(folder, state(), number),
    hashes: hashPipeline,
  }
}

export function hashPipeline(pipeline: Pipeline): Record<Component, string> {
  return { data: hashText(pipeline.data), model: hashText(pipeline.model), training: hashText(pipeline.training) }
}

/** Every file is on disk at the end. What an earlier attempt left under this number, unknown to the journal, is removed. */
async function saveTrial(run: RunFolder, trial: Trial, proposal: Proposal | null, base: Trial | null): Promise<void> {
  const { folder } = run.trial(trial.number)
  await rm(folder, { recursive: true, force: true })
  await writeTrial(folder, trial, proposal, base)
  await syncFolder(run.trials)
}

async function writeTrial(
  folder: string,
  { number, pipeline, memos, note }: Trial,
  proposal: Proposal | null,
  base: Trial | null,
): Promise<void> {
  const { pipeline: sources, source, proposal: proposalFile, diff } = trialFiles(folder)
  await mkdir(sources, { recursive: true })
  for (const component of COMPONENTS) await writeAtomic(source(component), pipeline[component])
  if (base !== null) await writeAtomic(diff, diffPipelines(base.pipeline, pipeline))
  const summary = { diagnosis: proposal?.diagnosis ?? null, changes: summarizeChanges(proposal) }
  const content = { version: 1, trial: number, base: base?.number ?? null, note, ...summary, memos }
  await writeAtomic(proposalFile, `${JSON.stringify(content, null, 2)}\n`)
  await syncFolder(folder)
}

type Repaired = { readonly trial: Trial; readonly proposal: Proposal | null; readonly base: Trial | null }

/** Nothing of the trial changes until the journal knows of the repair: a crash before that leaves it as it was. */
async function saveRepair(run: RunFolder, { trials }: RunState, { trial, proposal, base }: Repaired): Promise<void> {
  const files = run.trial(trial.number)
  const failed = files.failed((trials[trial.number]?.failures.length ?? 0) + 1)
  await rm(failed, { recursive: true, force: true })
  const log = join(files.repeat(0), 'train.log')
  for (const path of [files.pipeline, files.proposal, log]) await copyIfThere(path, join(failed, basename(path)))
  await rm(files.mended, { recursive: true, force: true })
  await writeTrial(files.mended, trial, proposal, base)
  await syncFolder(files.folder)
}

async function copyIfThere(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  })
}

/** The mended files take the place of those that failed; done again after a crash it comes to the same. */
async function settleRepair(run: RunFolder, { trials }: RunState, number: number): Promise<void> {
  const { folder, mended } = run.trial(number)
  const known = trials[number]
  if (known === undefined || (await readTrial(mended, known)) === null) return
  const [from, to] = [trialFiles(mended), trialFiles(folder)]
  await rm(to.pipeline, { recursive: true, force: true })
  await cp(from.pipeline, to.pipeline, { recursive: true })
  for (const name of ['diff', 'proposal'] as const) await copyIfThere(from[name], to[name])
  await syncFolder(folder)
  await rm(mended, { recursive: true, force: true })
}

/**
 * Writes `decision.json`: what the trial and the one it changed came to in each evaluation on val, what was decided, and why. Comparing is
 * fair repeat by repeat alone, since another repeat may have other images.
 */
async function saveDecision(
  run: RunFolder,
  { trials }: RunState,
  { trial, base, decision, lesson }: { trial: number; base: number; decision: Decision; lesson: string },
): Promise<void> {
  const scoresOf = (number: number) =>
    (trials[number]?.evaluations ?? []).flatMap(({ repeat, finished }) => {
      if (finished?.outcome.status !== 'scored') return []
      const { chosen, n, steps } = finished.outcome
      return [{ repeat, split: 'val', n, metric: chosen, steps }]
    })
  const evaluations = { trial: scoresOf(trial), base: scoresOf(base) }
  const content = { version: 1, trial, base, ...decision, lesson, evaluations }
  await writeAtomic(run.trial(trial).decision, `${JSON.stringify(content, null, 2)}\n`)
}

/** Null when the journal knows no such trial, or its files are missing or not what the journal says. */
async function loadTrial(folder: RunFolder, state: RunState, number: number): Promise<Trial | null> {
  const known = state.trials[number]
  if (known === undefined) return null
  const files = folder.trial(number)
  return (await readTrial(files.mended, known)) ?? readTrial(files.folder, known)
}

async function readTrial(folder: string, { number, pipeline: expected }: TrialState): Promise<Trial | null> {
  const { source, proposal: proposalFile } = trialFiles(folder)
  const [data, model, training, text] = await Promise.all(
    [...COMPONENTS.map((component) => source(component)), proposalFile].map(readOrNull),
  )
  if (data == null || model == null || training == null || text == null) return null
  const pipeline = { data, model, training }
  const hashes = hashPipeline(pipeline)
  if (COMPONENTS.some((component) => hashes[component] !== expected[component])) return null
  const proposal = parseProposal(text)
  return proposal === null ? null : { number, pipeline, note: proposal.note, memos: proposal.memos }
}

function parseProposal(text: string): z.infer<typeof proposalFileSchema> | null {
  try {
    return proposalFileSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** The components that differ, as one unified diff. */
export function diffPipelines(before: Pipeline, after: Pipeline): string {
  return COMPONENTS.map((component) => unifiedDiff(`${component}.py`, before[component], after[component])).join('')
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
