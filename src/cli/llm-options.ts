import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { UsageError } from '../core/errors.ts'
import type { LlmSpec, StrategyName } from '../core/run-spec.ts'
import { CHOOSING_ROLES, checkModelChoice } from '../llm/index.ts'
import type { ModelChoice } from '../llm/index.ts'
import { readJournal } from '../journal/index.ts'

/** What the user may say about language models; names as commander makes them. */
export type LlmOptions = {
  readonly llm?: string | undefined
  readonly llmArchitect?: string | undefined
  readonly llmAnalyst?: string | undefined
  readonly llmData?: string | undefined
  readonly llmModel?: string | undefined
  readonly llmTraining?: string | undefined
  readonly baseUrl?: string | undefined
  readonly llmTimeout: number
  readonly maxUsd?: number | undefined
  readonly maxTokens?: number | undefined
  readonly fallback?: 'playbook' | undefined
  readonly datasetInfo: boolean
  readonly historian?: true | undefined
  readonly init: string
}

const REPLAY = 'replay:'
/** Strategies that only a language model can play. */
const NEED_A_MODEL: readonly StrategyName[] = ['all-at-once', 'single-role', 'zero-shot']

/** What was asked of language models, made definite; null where the playbook plays. */
export async function llmSpecOf(options: LlmOptions, strategy: StrategyName, cwd: string): Promise<LlmSpec | null> {
  if (options.llm === undefined) {
    checkUnused(options, strategy)
    return null
  }
  if (strategy === 'random')
    throw new UsageError('--strategy random asks nobody: it draws from the moves of the playbook', { fix: 'leave --llm away' })
  const replay = options.llm.startsWith(REPLAY) ? resolve(cwd, options.llm.slice(REPLAY.length)) : null
  const asked: ModelChoice = { model: options.llm, roles: rolesOf(options), baseUrl: options.baseUrl ?? null }
  return {
    models: replay === null ? checkModelChoice(asked) : await recordedModels(replay),
    replay,
    timeoutSeconds: options.llmTimeout,
    maxUsd: options.maxUsd ?? null,
    maxTokens: options.maxTokens ?? null,
    fallback: options.fallback ?? null,
    datasetInfo: options.datasetInfo,
    initStepByStep: options.init === 'step-by-step',
    historian: options.historian ?? false,
  }
}

function rolesOf({ llmArchitect, llmAnalyst, llmData, llmModel, llmTraining }: LlmOptions): ModelChoice['roles'] {
  const given = { architect: llmArchitect, analyst: llmAnalyst, data: llmData, model: llmModel, training: llmTraining }
  return Object.fromEntries(Object.entries(given).filter(([, model]) => model !== undefined))
}

/** Who gave the recorded answers: the questions are asked as they were then. */
async function recordedModels(run: string): Promise<LlmSpec['models']> {
  const { spec } = (await readJournal(run)).state
  if (spec?.llm != null) return spec.llm.models
  throw new UsageError('the run to replay was not made with a language model', {
    evidence: [`looked in  ${run}`],
    fix: 'name the folder of a run that was made with --llm: --llm replay:improve-runs/…',
  })
}

/** Without --llm the options about it, and strategies that need it, are mistakes to say at once. */
function checkUnused(options: LlmOptions, strategy: StrategyName): void {
  const given = [
    ...CHOOSING_ROLES.filter((role) => rolesOf(options)[role] !== undefined).map((role) => `--llm-${role}`),
    ...(options.baseUrl === undefined ? [] : ['--base-url']),
    ...(options.maxUsd === undefined ? [] : ['--max-usd']),
    ...(options.maxTokens === undefined ? [] : ['--max-tokens']),
    ...(options.fallback === undefined ? [] : ['--fallback']),
    ...(options.datasetInfo ? [] : ['--no-dataset-info']),
    ...(options.init === 'step-by-step' ? ['--init step-by-step'] : []),
    ...(NEED_A_MODEL.includes(strategy) ? [`--strategy ${strategy}`] : []),
  ]
  if (given.length === 0) return
  throw new UsageError(`${given.join(', ')}: for a team that is a language model, and none is named`, {
    fix: 'name it, for example --llm openai:MODEL, or leave these away',
  })
}

/** Text of the user, or that of a file where one has this name. */
export async function readAbout(about: string | undefined, cwd: string): Promise<string | null> {
  if (about === undefined) return null
  const text = /^[^\n]{1,255}$/.test(about) ? await readFile(resolve(cwd, about), 'utf8').catch(() => about) : about
  const MOST = 4000
  if (text.trim().length <= MOST) return text.trim()
  throw new UsageError(`--about has ${text.trim().length} characters, at most ${MOST} are told`, { fix: 'say it shorter' })
}
