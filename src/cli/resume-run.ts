import { resolve } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { hasScoredProposal } from '../core/run-facts.ts'
import type { RunSpec } from '../core/run-spec.ts'
import { readCard } from '../dataset/index.ts'
import { openRun, readJournal } from '../journal/index.ts'
import { checkSource, parseGroups } from './check-paths.ts'
import { composeParts } from './compose.ts'
import type { Context } from './context.ts'
import { printRunReport } from './run-report.ts'
import { workOn } from './run-session.ts'
import { stageDataset } from './stage-dataset.ts'

export type ResumeOptions = {
  readonly run: string
  readonly out: string
  readonly unsafeNoSandbox?: true | undefined
  readonly json?: true | undefined
}

/** `improve resume`: the images must be what they were; everything else is taken from what the run wrote down. */
export async function resumeRun(options: ResumeOptions, context: Context): Promise<boolean> {
  const { terminal } = context
  const { folder } = await openRun(options.run, resolve(terminal.cwd, options.out), terminal.cwd)
  const { state } = await readJournal(folder)
  const { spec } = state
  if (spec === null)
    throw new UsageError(`the run ${options.run} had not begun when it was stopped`, { fix: 'start it again: improve run' })
  if (state.finished !== null) {
    terminal.note(`this run is finished: ${state.finished}`)
    printRunReport({ folder, spec, state, json: options.json ?? false }, terminal)
    return hasScoredProposal(state)
  }
  const parts = await composeParts(context, options.unsafeNoSandbox ? 'accepted' : spec.llm === null ? 'own-code' : 'refuse')
  const started = performance.now()
  const source = checkSource(spec.dataset.source, terminal.cwd)
  const dataset = await stageDataset(context, parts, source, parseGroups(spec.dataset.groups ?? undefined, terminal.cwd))
  if (dataset.facts.contentHash !== spec.dataset.contentHash) {
    throw new UsageError(
      `the images in ${source} are not those that this run began with`,
      { evidence: [`then ${spec.dataset.imageCount} images`], fix: 'put them back, or start a new run: improve run' },
      'dataset',
    )
  }
  noteVersions(spec, parts.torchVersion, context)
  const card = await readCard(dataset.folder)
  const prepareSeconds = (performance.now() - started) / 1000
  return workOn({ folder, spec, plan: null, dataset, card, parts, prepareSeconds, json: options.json ?? false }, context)
}

/** Figures of two versions of torch may differ a little, those of two versions of improve by what was changed in it. */
function noteVersions({ versions }: RunSpec, torch: string, { terminal, version }: Context): void {
  const changed = [
    ...(versions.torch === torch ? [] : [`torch ${versions.torch}, now ${torch}`]),
    ...(versions.improve === version ? [] : [`improve ${versions.improve}, now ${version}`]),
  ]
  if (changed.length === 0) return
  terminal.note(`notice: this run began with ${changed.join(' and ')}: what is trained now may differ from what was trained then`)
}
