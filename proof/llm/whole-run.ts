import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { composeTeam } from '../../src/cli/compose-team.ts'
import type { Evaluation, Evaluator } from '../../src/core/evaluator.ts'
import { ProviderGone } from '../../src/core/language-model.ts'
import type { LlmSpec, RunSpec, StrategyName } from '../../src/core/run-spec.ts'
import type { Brief } from '../../src/core/team.ts'
import { makeRunFolder, openJournal, runFolder } from '../../src/journal/index.ts'
import type { Journal } from '../../src/journal/index.ts'
import { makeTrialStore } from '../../src/journal/trial-store.ts'
import type { Clock, Environment } from '../../src/llm/index.ts'
import { finalize } from '../../src/refine/finalize.ts'
import { refine } from '../../src/refine/refine.ts'
import type { Run, RunJournal } from '../../src/refine/run.ts'
import { allAtOnce, iterative, singleRole, zeroShot } from '../../src/refine/strategies.ts'
import { briefOf } from '../../tests/support/playbook-evidence.ts'
import { sampleSpec } from '../../tests/support/sample-run.ts'
import { syntheticEvaluator } from '../../tests/support/scripted-run.ts'
import { worthIn } from './mind.ts'

/** Seconds that a synthetic training takes by the clock of the run, which waits for the model must not move. */
export const TRAINING_SECONDS = 10
const SEALED = new AbortController().signal

/** A run as it lies on disk, with what outlives its sessions. */
export type World = {
  readonly folder: string
  readonly clock: Clock
  readonly memory: Map<string, Evaluation>
  readonly environment: Environment
  /** Every line that the user saw. */
  readonly notes: string[]
}

export type Asked = {
  /** Base URL of the endpoint. */
  readonly url: string
  readonly trials: number
  readonly strategy?: StrategyName
  readonly llm?: Partial<LlmSpec>
  readonly brief?: Brief
  readonly hints?: readonly string[]
  /** What the evaluator's answers look like in this world. */
  readonly dress?: (evaluation: Evaluation) => Evaluation
  /** Called before each event is written; may throw, as a crash would. */
  readonly interfere?: (type: string) => void
  readonly signal?: AbortSignal
}

export type SessionEnd =
  | { readonly end: 'finished' }
  | { readonly end: 'paused'; readonly gone: ProviderGone }
  | { readonly end: 'broken'; readonly error: unknown }

export async function newWorld(clock: Clock, environment: Environment = {}): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'improve-proof-'))
  const { folder } = await makeRunFolder(root, 'numbers', clock.date())
  return { folder, clock, memory: new Map(), environment, notes: [] }
}

/** One session of work on a run: the real journal, loop, roles and wire; synthetic trainings. */
export async function playSession(world: World, asked: Asked): Promise<SessionEnd> {
  const { clock } = world
  const journal = await openJournal(world.folder, {
    onNote: (line) => void world.notes.push(line),
    clock: { now: clock.date, monotonicSeconds: () => clock.now() / 1000 },
  })
  try {
    const known = journal.state().spec
    await journal.append(known === null ? { type: 'run.started', spec: specOf(asked, clock) } : { type: 'run.resumed' })
    await work(world, asked, journal)
    return { end: 'finished' }
  } catch (error) {
    if (!(error instanceof ProviderGone)) return { end: 'broken', error }
    await journal.append({ type: 'run.interrupted', reason: `the provider is gone (${error.reason}): ${error.message}` })
    return { end: 'paused', gone: error }
  } finally {
    await journal.close()
  }
}

async function work(world: World, asked: Asked, journal: Journal): Promise<void> {
  const watched: Journal = {
    ...journal,
    append: async (event) => {
      asked.interfere?.(event.type)
      return journal.append(event)
    },
  }
  const { signal = SEALED } = asked
  // The address is where the endpoint is now; everything else is as the run was first asked.
  const spec = { ...specOf(asked, world.clock), ...journal.state().spec, llm: llmOf(asked) }
  const { team, close } = await composeTeam({
    spec,
    folder: world.folder,
    journal: watched,
    terminal: { note: (line) => void world.notes.push(line) },
    environment: world.environment,
    clock: world.clock,
  })
  try {
    const run = { ...runOf(world, asked, watched, journal), spec, team }
    await finalize(run, await refine(run, signal), async () => {}, signal)
  } finally {
    await close()
  }
}

function runOf(world: World, asked: Asked, journal: RunJournal, { folder, state }: Journal): Omit<Run, 'spec' | 'team'> {
  return {
    brief: asked.brief ?? briefOf(),
    strategy: STRATEGIES.find(({ name }) => name === asked.strategy) ?? iterative,
    evaluator: timed(syntheticEvaluator(world.memory, worthIn).evaluator, world.clock, asked.dress),
    journal,
    trials: makeTrialStore(runFolder(folder.folder), state),
    hasSealedTest: true,
    heard: () => Promise.resolve(asked.hints ?? []),
    countOpening: () => Promise.resolve(1),
    stopSoon: SEALED,
  }
}

const STRATEGIES = [iterative, singleRole, allAtOnce, zeroShot]

/** Trainings that take their time by the clock of the run. */
function timed(evaluator: Evaluator, clock: Clock, dress: Asked['dress'] = (evaluation) => evaluation): Evaluator {
  return {
    ...evaluator,
    evaluate: async (task, signal) => {
      await clock.sleep(TRAINING_SECONDS, signal)
      return dress(await evaluator.evaluate(task, signal))
    },
    recall: async (record) => {
      const evaluation = await evaluator.recall(record)
      return evaluation === null ? null : dress(evaluation)
    },
  }
}

function specOf(asked: Asked, clock: Clock): RunSpec {
  const sample = sampleSpec()
  return sampleSpec({
    createdAt: clock.date().toISOString(),
    dataset: { ...sample.dataset, scheme: 'fixed' },
    team: 'llm',
    llm: llmOf(asked),
    repairs: 2,
    strategy: asked.strategy ?? 'iterative',
    budget: { ...sample.budget, timeSeconds: 1e7, trials: asked.trials, patience: 1000 },
  })
}

function llmOf({ url, llm }: Asked): LlmSpec {
  return {
    models: { model: 'local:mind', roles: {}, baseUrl: url },
    timeoutSeconds: 900,
    maxUsd: null,
    maxTokens: null,
    fallback: null,
    replay: null,
    datasetInfo: true,
    initStepByStep: false,
    historian: false,
    ...llm,
  }
}
