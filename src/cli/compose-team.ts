import { join } from 'node:path'
import type { LlmSpec, RunSpec } from '../core/run-spec.ts'
import { sumSpending } from '../core/spending.ts'
import type { Team } from '../core/team.ts'
import { readContractSources } from '../harness/index.ts'
import { runFolder } from '../journal/index.ts'
import type { Journal } from '../journal/index.ts'
import { openAsk } from '../llm/index.ts'
import type { Clock, Environment, OpenedAsk } from '../llm/index.ts'
import { contractText, makeLlmTeam } from '../team/llm/index.ts'
import { makePlaybookTeam, plainBlueprint } from '../team/playbook/index.ts'
import { withFallback } from './fallback-team.ts'
import type { Terminal } from './terminal.ts'

export type TeamParts = {
  readonly spec: RunSpec
  readonly folder: string
  readonly journal: Pick<Journal, 'state' | 'append' | 'pause' | 'resume'>
  readonly terminal: Pick<Terminal, 'note'>
  /** Where keys are looked up; that of this process unless given. */
  readonly environment?: Environment
  readonly clock?: Clock
}

/** A team, and what has to be closed when the run ends. */
export type OpenedTeam = { readonly team: Team; readonly close: () => Promise<void> }

/** Whoever plays the roles, with the start that the user wants. */
export async function composeTeam(parts: TeamParts): Promise<OpenedTeam> {
  const { spec } = parts
  const playbook = makePlaybookTeam(spec.leaveOut)
  if (spec.llm === null) return { team: withStart(playbook, spec), close: () => Promise.resolve() }
  const opened = await openModel(parts, spec.llm)
  const contract = contractText(await readContractSources())
  const { datasetInfo, initStepByStep, historian } = spec.llm
  const team = makeLlmTeam(opened.ask, { contract, weights: [], datasetInfo, initStepByStep, historian })
  const onGone = async (reason: string) => {
    parts.terminal.note(`${reason}; the playbook goes on in its place`)
    await parts.journal.append({ type: 'team.replaced', by: playbook.name, reason })
  }
  const backed = spec.llm.fallback === null ? team : withFallback(team, playbook, onGone)
  return { team: withStart(backed, spec), close: opened.close }
}

function openModel({ folder, journal, terminal, environment = process.env, clock }: TeamParts, llm: LlmSpec): Promise<OpenedAsk> {
  const paid = () => sumSpending(journal.state().calls.filter((call) => !call.isReplayed))
  return openAsk({
    choice: llm.models,
    environment,
    folder: runFolder(folder).exchanges,
    ...(llm.replay === null ? {} : { replayFolder: join(llm.replay, 'llm') }),
    caps: { usd: llm.maxUsd, tokens: llm.maxTokens },
    spent: () => ({ usd: paid().usd, tokens: paid().inputTokens + paid().outputTokens }),
    isBooked: (exchange) => journal.state().calls.some((call) => call.exchange === exchange),
    onCall: async (cost) => void (await journal.append({ type: 'llm.answered', cost })),
    onNote: terminal.note,
    runClock: journal,
    timeoutSeconds: llm.timeoutSeconds,
    ...(clock === undefined ? {} : { clock }),
  })
}

/** The team, with the plain pipeline 0 where the user wants to start from it. */
function withStart(team: Team, { init, strategy }: RunSpec): Team {
  const { alone } = team
  if (strategy === 'zero-shot' && alone !== undefined)
    return { ...team, architect: (brief, signal) => alone.afresh(brief, 0, signal) }
  return init === 'plain' ? { ...team, architect: (brief) => Promise.resolve(plainBlueprint(brief)) } : team
}
