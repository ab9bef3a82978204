import { partFacts, testCount } from '../core/dataset.ts'
import type { StrategyName } from '../core/run-spec.ts'
import type { Brief, Team } from '../core/team.ts'
import { countOpening, makeLocalEvaluator, Spares } from '../harness/index.ts'
import type { LocalEvaluation } from '../harness/index.ts'
import { makeTrialStore, readHints, runFolder } from '../journal/index.ts'
import type { Run } from '../refine/run.ts'
import { allAtOnce, iterative, random, singleRole, zeroShot } from '../refine/strategies.ts'
import type { Strategy } from '../refine/strategies.ts'
import { makePlaybookSampler } from '../team/playbook/index.ts'
import { makeBrief } from './brief.ts'
import { composeTeam } from './compose-team.ts'
import type { TeamParts } from './compose-team.ts'
import type { RunScreen } from './run-screen.ts'
import type { Session } from './run-session.ts'

export type RunParts = Session & {
  readonly screen: RunScreen
  readonly journal: Run['journal'] & TeamParts['journal']
  readonly softStop: AbortSignal
  readonly terminal: TeamParts['terminal']
}

export type ComposedRun = {
  readonly run: Run
  readonly local: LocalEvaluation
  /** Lets go of the provider of a language model. */
  readonly close: () => Promise<void>
}

/** The real parts of a run: team, strategy, evaluator, files. */
export async function composeRun(parts: RunParts): Promise<ComposedRun> {
  const { spec, dataset, screen, journal } = parts
  const { trainSeconds } = spec.budget
  const { about, metric, machine, seed } = spec
  const brief = await makeBrief({
    dataset,
    card: parts.card,
    about,
    metric,
    trainSeconds,
    machine,
    cores: parts.parts.python.threads,
    seed,
  })
  const { team, close } = await composeTeam({ spec, folder: parts.folder, journal, terminal: parts.terminal })
  const local: LocalEvaluation = {
    dataset,
    tools: { ...parts.parts.python, machine: spec.machine, spares: new Spares() },
    runFolder: parts.folder,
    runSeed: spec.seed,
    trainSeconds: spec.budget.trainSeconds,
    metric: spec.metric,
    refitTimes: spec.refitTimes,
    onProgress: (progress, of) => screen.progress(progress, of),
  }
  const run: Run = {
    spec,
    brief,
    team,
    strategy: await chooseStrategy(spec.strategy, team, brief),
    evaluator: makeLocalEvaluator(local),
    journal,
    trials: makeTrialStore(runFolder(parts.folder), journal.state),
    hasSealedTest: testCount(dataset.facts) > 0,
    heard: () => readHints(runFolder(parts.folder)),
    countOpening: (trials) => {
      const opening = {
        at: new Date().toISOString(),
        command: `run, trials ${trials.join(' and ')}`,
        seeds: [spec.seed],
        folder: parts.folder,
      }
      return countOpening(parts.parts.cache, partFacts(dataset.facts, 'test').sha256.pixels, opening)
    },
    stopSoon: parts.softStop,
  }
  return { run, local, close }
}

async function chooseStrategy(name: StrategyName, team: Team, brief: Brief): Promise<Strategy> {
  const known = [iterative, allAtOnce, singleRole, zeroShot].find((strategy) => strategy.name === name)
  return known ?? randomAround(team, brief)
}

/** Random search around pipeline 0. */
async function randomAround(team: Team, brief: Brief): Promise<Strategy> {
  const { memos } = await team.architect(brief, new AbortController().signal)
  const sample = makePlaybookSampler()
  return random((draw) => sample(brief, memos, draw))
}
