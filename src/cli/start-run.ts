import { basename, relative, resolve } from 'node:path'
import type { DatasetFacts } from '../core/dataset.ts'
import { UsageError } from '../core/errors.ts'
import { quoteForShell } from '../core/format.ts'
import { runSpecSchema } from '../core/run-spec.ts'
import type { RunSpec } from '../core/run-spec.ts'
import type { RunState } from '../core/run-state.ts'
import { readCard } from '../dataset/index.ts'
import { measureMachine } from '../harness/index.ts'
import { findRuns, makeRunFolder, readJournal } from '../journal/index.ts'
import { measuredSets } from '../team/playbook/index.ts'
import { checkMetric, checkTarget } from './check-metric.ts'
import { checkSource, checkWritable, parseGroups } from './check-paths.ts'
import { composeParts } from './compose.ts'
import type { Context } from './context.ts'
import { workOn } from './run-session.ts'
import { llmSpecOf } from './llm-options.ts'
import { applyPresets } from './presets.ts'
import { stageDataset } from './stage-dataset.ts'
import { withMeasuring } from './measuring.ts'
import { writeSpec } from './write-spec.ts'
import type { RunOptions } from './write-spec.ts'

/** `improve run`: stage the images, write down what was asked, refine. The same command goes on with a run that has not ended. */
export async function startRun(asked: RunOptions, context: Context): Promise<boolean> {
  const { terminal, signal } = context
  const options = applyPresets(asked)
  checkInit(options)
  const llm = await llmSpecOf(options, options.strategy, terminal.cwd)
  checkLeaveOut(options.leaveOut)
  checkTarget(options.target, options.metric)
  const source = checkSource(options.dataset, terminal.cwd)
  const groups = parseGroups(options.groups, terminal.cwd)
  const out = resolve(terminal.cwd, options.out)
  await checkWritable(out)
  const parts = await composeParts(
    context,
    options.unsafeNoSandbox ? 'accepted' : options.llm === undefined ? 'own-code' : 'refuse',
  )
  const started = performance.now()
  const dataset = await stageDataset(context, parts, source, groups)
  checkMetric(options.metric, dataset.facts, true)
  checkRefit(options, dataset.facts)
  const machine = await withMeasuring(terminal, () => measureMachine(parts.python, parts.torchVersion, parts.cache, signal))
  const { spec, plan } = await writeSpec(options, { source, dataset, machine, parts, llm }, context)
  const known = await findUnfinished(out, spec, options)
  const folder = known ?? (await makeRunFolder(out, basename(source), new Date())).folder
  if (known !== null) terminal.note(`going on with ${relative(terminal.cwd, folder)}, which was asked the same`)
  const prepareSeconds = (performance.now() - started) / 1000
  return workOn(
    { folder, spec, plan, dataset, card: await readCard(dataset.folder), parts, prepareSeconds, json: options.json ?? false },
    context,
  )
}

function checkLeaveOut(name: string | undefined): void {
  if (name === undefined || measuredSets().includes(name)) return
  throw new UsageError(`--leave-out ${name}: the playbook has no measurements of that image set`, {
    evidence: [`it has  ${measuredSets().join(', ') || 'none'}`],
    fix: 'name one of these, or leave --leave-out away',
  })
}

/** The playbook's engineers change designs of their own: in files of another hand they have nothing to change. */
function checkInit({ init, llm }: RunOptions): void {
  if (init === 'architect' || init === 'plain' || (llm !== undefined && init === 'step-by-step')) return
  throw new UsageError(`the playbook team cannot refine the files of ${init}: it changes only pipelines that it wrote`, {
    fix: `start from --init architect or --init plain; to score your own files: improve try <dataset> --pipeline ${quoteForShell(init)}`,
  })
}

/** Pooled folds leave five models and no single one to ship. */
function checkRefit({ refit }: RunOptions, { scheme }: DatasetFacts): void {
  if (refit !== false || scheme !== 'pooled') return
  throw new UsageError('--no-refit is not possible with so few images: they are scored by five models, one a fold', {
    fix: 'leave --no-refit away: the refit is the one model that is shipped',
  })
}

/** The newest run that was asked the same and can go on; null when there is none. */
async function findUnfinished(out: string, spec: RunSpec, { trainSeconds, refitTimes }: RunOptions): Promise<string | null> {
  for (const { folder } of await findRuns(out)) {
    const { state } = await readJournal(folder).catch(() => ({ state: null }))
    if (state?.spec == null || state.finished !== null || hasFailedBaseline(state)) continue
    if (trainSeconds !== undefined && state.spec.budget.trainSeconds !== spec.budget.trainSeconds) continue
    if (refitTimes !== undefined && state.spec.refitTimes !== spec.refitTimes) continue
    if (identityOf(state.spec) === identityOf(spec)) return folder
  }
  return null
}

/** How often the Architect is asked before nothing comes of it. */
const ARCHITECT_CALLS = 3

/** Such a run has nothing to go on from: asked again, it would only recall the failure. */
function hasFailedBaseline({ trials, calls }: RunState): boolean {
  if (trials.length === 0) return calls.length >= ARCHITECT_CALLS
  return trials[0]?.evaluations.some(({ finished }) => finished?.outcome.status === 'failed') ?? false
}

/** When it was asked, what the machine measured, and what follows from that: two commands may differ in these and mean the same run. */
const NOT_ASKED: readonly string[] = ['createdAt', 'machine', 'sandbox', 'versions', 'refitTimes'] satisfies (keyof RunSpec)[]

/** What two commands must share to mean the same run, in the order of the schema, as a spec is that was read back. */
function identityOf(spec: RunSpec): string {
  const asked = Object.entries(runSpecSchema.parse(spec)).filter(([name]) => !NOT_ASKED.includes(name))
  return JSON.stringify({ ...Object.fromEntries(asked), budget: { ...spec.budget, trainSeconds: null } })
}
