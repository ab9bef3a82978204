import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ExternalError } from '../../src/core/errors.ts'
import type { Outcome, StageSeconds } from '../../src/core/outcome.ts'
import type { StampedEvent } from '../../src/core/run-events.ts'
import { findRuns, readJournal } from '../../src/journal/index.ts'
import { runCli } from '../../tests/support/cli.ts'
import type { Staged } from './stage.ts'

/** One evaluation and all that led to it: wall seconds since the evaluation before, and those within its stages. */
export type Interval = { readonly folder: string; readonly wallSeconds: number; readonly stageSeconds: number }

export type Account = {
  readonly intervals: readonly Interval[]
  /** From the start of the run to its end, evaluations on the sealed test included. */
  readonly wallSeconds: number
  readonly stageSeconds: number
}

export type Orchestration = Account & {
  /** From the end of the run to the end of the process: best/ is written, spares are ended. */
  readonly afterSeconds: number
  /** Of each evaluation on val. */
  readonly stages: readonly StageSeconds[]
}

export type RunRequest = { readonly trials: number; readonly trainSeconds: number }

/** Real pictures, hard enough that every run has something left to propose. */
const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'fashion.zip')

/** `improve run` with the playbook on the example, and where its time went. */
export async function measureOrchestration(
  staged: Staged,
  { trials, trainSeconds }: RunRequest,
  signal: AbortSignal,
): Promise<Orchestration> {
  const seconds = ['--time', '30m', '--train-seconds', String(trainSeconds)]
  const args = ['run', EXAMPLE, ...seconds, '--trials', String(trials), '--no-refit', '--out', 'runs']
  const { code, stderr } = await runCli(args, staged.scratch, { IMPROVE_CACHE: staged.cache }, (child) => {
    signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
  })
  const endedAt = Date.now()
  signal.throwIfAborted()
  if (code !== 0)
    throw new ExternalError('environment', `improve run ended with exit code ${code}`, {
      evidence: stderr.trimEnd().split('\n').slice(-8),
    })
  const [run] = await findRuns(join(staged.scratch, 'runs'))
  if (run === undefined) throw new Error('improve run left no run')
  const { events } = await readJournal(run.folder)
  const account = accountOf(events)
  const stages = await Promise.all(account.intervals.map((interval) => readStages(join(run.folder, interval.folder))))
  return { ...account, stages, afterSeconds: (endedAt - Date.parse(events.at(-1)?.at ?? '')) / 1000 }
}

/** What a journal says of the time of its run. The first interval begins with the run. */
export function accountOf(events: readonly StampedEvent[]): Account {
  const intervals: Interval[] = []
  const [first] = events
  const last = events.at(-1)
  if (first === undefined || last === undefined) throw new Error('a journal without events')
  let before = first.activeSeconds
  let stageSeconds = 0
  for (const event of events) {
    if (event.type !== 'evaluation.finished' && event.type !== 'test.scored') continue
    stageSeconds += event.outcome.seconds
    if (event.type === 'test.scored') continue
    const { record, outcome, activeSeconds } = event
    intervals.push({ folder: record.folder, wallSeconds: activeSeconds - before, stageSeconds: outcome.seconds })
    before = activeSeconds
  }
  return { intervals, wallSeconds: last.activeSeconds - first.activeSeconds, stageSeconds }
}

async function readStages(folder: string): Promise<StageSeconds> {
  const outcome = JSON.parse(await readFile(join(folder, 'outcome.json'), 'utf8')) as Outcome
  return outcome.seconds
}
