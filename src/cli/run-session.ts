import { join, relative } from 'node:path'
import type { Card } from '../core/card.ts'
import { ExternalError } from '../core/errors.ts'
import { ProviderGone } from '../core/language-model.ts'
import { plural, quoteForShell } from '../core/format.ts'
import type { TimePlan } from '../core/plan.ts'
import type { RunEvent } from '../core/run-events.ts'
import { hasScoredProposal } from '../core/run-facts.ts'
import { evaluationFolder } from '../core/run-layout.ts'
import type { RunSpec } from '../core/run-spec.ts'
import type { RunState } from '../core/run-state.ts'
import { NoValidReply } from '../core/team.ts'
import type { CachedDataset } from '../dataset/index.ts'
import { openJournal } from '../journal/index.ts'
import type { Journal } from '../journal/index.ts'
import { BaselineFailed, refine } from '../refine/refine.ts'
import { finalize } from '../refine/finalize.ts'
import { composeRun } from './compose-run.ts'
import type { ComposedRun, RunParts } from './compose-run.ts'
import type { Parts } from './compose.ts'
import type { Context } from './context.ts'
import { shipBest } from './ship-best.ts'
import { printRunReport } from './run-report.ts'
import { RunScreen } from './run-screen.ts'
import { showRunPlan } from './run-plan-text.ts'
import { withProgress } from './terminal.ts'
import { writeCardFiles } from './write-card.ts'

/** A run folder with all that one session of work on it needs. */
export type Session = {
  readonly folder: string
  /** What was asked now; a run that goes on keeps what it was asked first. */
  readonly spec: RunSpec
  readonly plan: TimePlan | null
  readonly dataset: CachedDataset
  readonly card: Card
  readonly parts: Parts
  /** Spent before the journal was opened. */
  readonly prepareSeconds: number
  readonly json: boolean
}

/** Works on a run until it is finished or the user stops it; false when no proposal could be scored. */
export async function workOn(session: Session, context: Context): Promise<boolean> {
  const { terminal, softStop, signal } = context
  const journal = await openJournal(session.folder, { onNote: terminal.note })
  const screen = new RunScreen(terminal, session.json)
  try {
    const spec = await begin(session, journal)
    showRunPlan(session, spec, journal.state(), terminal)
    const composed = await composeRun({
      ...session,
      spec,
      screen,
      journal: recording(journal, screen, session.prepareSeconds),
      softStop,
      terminal,
    })
    context.acceptSoftStop(() => screen.announceStop())
    await withProgress(
      terminal,
      () => screen.describe(journal.state(), composed.run),
      () => carryOut(composed, session, signal),
    )
    printRunReport({ folder: session.folder, spec, state: journal.state(), json: session.json }, terminal)
    return hasScoredProposal(journal.state())
  } catch (error) {
    throw await explain(error, session, journal, context)
  } finally {
    await journal.close()
  }
}

async function carryOut({ run, local, close }: ComposedRun, session: Session, signal: AbortSignal): Promise<void> {
  try {
    const best = await refine(run, signal)
    await finalize(run, best, () => shipBest(run, local, session), signal)
  } finally {
    await local.tools.spares?.close()
    await close()
  }
}

/** The spec that counts: the one that is written down already, or the new one. */
async function begin(session: Session, journal: Journal): Promise<RunSpec> {
  const known = journal.state().spec
  if (known !== null) {
    if (journal.state().finished === null) await journal.append({ type: 'run.resumed' })
    return known
  }
  await writeCardFiles(session.folder, session.card, session.dataset)
  await journal.append({ type: 'run.started', spec: session.spec })
  return session.spec
}

/** The journal as the loop sees it: what is written is shown. */
function recording(journal: Journal, screen: RunScreen, before: number): RunParts['journal'] {
  return {
    state: journal.state,
    pause: journal.pause,
    resume: journal.resume,
    activeSeconds: () => journal.activeSeconds() + before,
    append: async (event: RunEvent) => {
      const stamped = await journal.append(event)
      screen.show(stamped, journal.state())
      return stamped
    },
  }
}

/** Writes down that the user stopped, and says how to go on; every other error is told as it is. */
async function explain(error: unknown, session: Session, journal: Journal, context: Context): Promise<unknown> {
  const { terminal, softStop, signal } = context
  const name = quoteForShell(relative(terminal.cwd, session.folder) || '.')
  if (error === softStop.reason || signal.aborted) {
    const isOpen = journal.state().status === 'running'
    if (isOpen)
      await journal.append({ type: 'run.interrupted', reason: signal.aborted ? 'stopped at once' : 'stopped after a training' })
    terminal.note(describeStop(journal.state()))
    terminal.note(`go on:  improve resume ${name}`)
  }
  if (error instanceof ProviderGone) {
    await journal.append({ type: 'run.interrupted', reason: `the provider is gone (${error.reason}): ${error.message}` })
    terminal.note(describeStop(journal.state()))
    return new ExternalError('provider', error.message, {
      evidence: [...error.evidence, `nothing is lost; go on:  improve resume ${name}`],
      fix: error.fix,
      cause: error,
    })
  }
  if (error instanceof NoValidReply) {
    await journal.append({ type: 'run.interrupted', reason: error.message })
    return new ExternalError('provider', `there is no first pipeline: ${error.message}`, {
      evidence: [`what was asked and answered  ${join(name, 'llm')}`],
      fix: 'name a stronger model with --llm or --llm-architect, or start from --init plain',
      cause: error,
    })
  }
  if (error instanceof BaselineFailed)
    return new ExternalError('environment', `the first pipeline could not be trained: ${error.message}`, {
      evidence: [...error.evidence, `log  ${join(name, evaluationFolder(0, error.repeat), 'train.log')}`],
      fix: 'improve doctor',
      cause: error,
    })
  return error
}

function describeStop({ trials, best }: RunState): string {
  const decided = trials.filter((trial) => trial.decision !== null).length
  return best === null
    ? 'stopped before the first pipeline was scored'
    : `stopped after ${plural(decided, 'decided proposal')}; best so far is trial ${best}`
}
