import { join, resolve } from 'node:path'
import { slugOf } from '../core/names.ts'
import type { Component } from '../core/pipeline.ts'
import { trialFolder, TRIALS_FOLDER } from '../core/run-layout.ts'
import { makeDatedFolder, syncFolder } from '../files/index.ts'

export { evaluationFolder } from '../core/run-layout.ts'

/** The layout of a run folder; names that others need too are spelled in `core/run-layout.ts`. */
export type RunFolder = {
  readonly folder: string
  readonly spec: string
  readonly journal: string
  readonly torn: string
  readonly lock: string
  /** What the user said to the team, a JSON string a line; the run that is at work takes it over into its journal. */
  readonly hints: string
  /** Every exchange with a language model, a file each. */
  readonly exchanges: string
  readonly dataset: string
  readonly card: string
  readonly cardText: string
  readonly trials: string
  readonly best: string
  readonly trial: (number: number) => TrialFolder
}

export type TrialFolder = {
  readonly folder: string
  readonly pipeline: string
  readonly source: (component: Component) => string
  readonly proposal: string
  readonly diff: string
  readonly decision: string
  /** The trial's files as its author mended them, until they take the place of those that failed. */
  readonly mended: string
  /** What failed before the n-th repair, n = 1, 2, …: sources and the log of the training. */
  readonly failed: (repair: number) => string
  readonly repeat: (number: number) => string
}

export function runFolder(path: string): RunFolder {
  const folder = resolve(path)
  return {
    folder,
    spec: join(folder, 'run.json'),
    journal: join(folder, 'journal.jsonl'),
    torn: join(folder, 'journal.torn'),
    lock: join(folder, 'lock'),
    hints: join(folder, 'hints.jsonl'),
    exchanges: join(folder, 'llm'),
    dataset: join(folder, 'dataset'),
    card: join(folder, 'dataset', 'card.json'),
    cardText: join(folder, 'dataset', 'card.txt'),
    trials: join(folder, TRIALS_FOLDER),
    best: join(folder, 'best'),
    trial: (number) => trialFiles(join(folder, trialFolder(number))),
  }
}

/** What lies in the folder of a trial. */
export function trialFiles(folder: string): TrialFolder {
  return {
    folder,
    pipeline: join(folder, 'pipeline'),
    source: (component) => join(folder, 'pipeline', `${component}.py`),
    proposal: join(folder, 'proposal.json'),
    diff: join(folder, 'change.diff'),
    decision: join(folder, 'decision.json'),
    mended: join(folder, 'mended'),
    failed: (repair) => join(folder, `failed-${repair}`),
    repeat: (number) => join(folder, `repeat-${number}`),
  }
}

/** Makes `<parent>/<YYYY-MM-DD>-<dataset>-<4 hex>`. The parent must exist. */
export async function makeRunFolder(parent: string, datasetName: string, now: Date): Promise<RunFolder> {
  const folder = await makeDatedFolder(parent, slugOf(datasetName), now)
  await syncFolder(parent)
  return runFolder(folder)
}
