import type { Evaluation } from '../../src/core/evaluator.ts'
import type { DevReport } from '../../src/core/evaluation.ts'
import type { StrategyName } from '../../src/core/run-spec.ts'
import { plural } from '../../src/core/format.ts'
import type { ChatRequest } from '../../tests/support/llm-server.ts'
import { briefOf } from '../../tests/support/playbook-evidence.ts'
import type { Proof } from '../proof.ts'
import { inWorld } from './faults.ts'
import { CANARY, HOSTILE } from './hostile.ts'
import type { MindOptions } from './mind.ts'
import { playSession } from './whole-run.ts'
import type { Asked } from './whole-run.ts'

/** Every way of working and every prompt: two changes, of which one has to be mended, as has the first pipeline. */
const STEPS: MindOptions['steps'] = [
  { component: 'training', worth: 'fails' },
  { component: 'model', worth: 0.03 },
  { component: 'data', worth: -0.02 },
]
const WAYS: readonly { readonly strategy: StrategyName; readonly llm?: Asked['llm'] }[] = [
  { strategy: 'iterative' },
  { strategy: 'iterative', llm: { initStepByStep: true, historian: true } },
  { strategy: 'single-role' },
  { strategy: 'all-at-once' },
  { strategy: 'zero-shot' },
]
/** The one place for words that are not ours. */
const DATA_BLOCK = /<data about="[a-z' ]+">\n[^\n]*\n<\/data>/g
const HARMLESS = 'plain'

/** Whole runs on hostile data sets with hostile logs: every prompt must be, outside of its data blocks, that of a harmless run. */
export async function proveInjections(onNote: (line: string) => void): Promise<Proof> {
  const harmless = await promptsWith(HARMLESS)
  const failures: string[] = []
  let [bytes, prompts, reached] = [0, 0, 0]
  for (const [name, text] of Object.entries(HOSTILE)) {
    const hostile = await promptsWith(text)
    if (hostile.length !== harmless.length) failures.push(`${name}: ${hostile.length} prompts and not ${harmless.length}`)
    const leaks = hostile.flatMap((prompt, index) => leakIn(prompt, harmless[index] ?? ''))
    prompts += hostile.length
    reached += hostile.filter((prompt) => prompt.includes(CANARY)).length
    bytes += leaks.reduce((sum, leak) => sum + leak.bytes, 0)
    failures.push(...leaks.map((leak) => `${name}: ${leak.bytes} bytes outside of the data block, at "${leak.where}"`))
    if (!hostile.some((prompt) => prompt.includes(CANARY))) failures.push(`${name}: it reached no prompt, so that nothing is shown`)
    onNote(`${name}: ${plural(hostile.length, 'prompt')}`)
  }
  return {
    name: 'llm-injections',
    tried: Object.keys(HOSTILE).length,
    failed: failures.length,
    claim: 'words of a data set, a log or an earlier reply stand in a prompt as data and nowhere else',
    found: [
      `${bytes} of their bytes outside of data blocks, over ${prompts} prompts of ${WAYS.length} ways of working, ${reached} of which held them`,
    ],
    failures,
  }
}

/** All that the model is told by us in runs of every way of working, where `text` stands in every place that others write to. */
async function promptsWith(text: string): Promise<string[]> {
  const prompts: string[] = []
  for (const way of WAYS) {
    const mind = { steps: STEPS, isBrokenFirst: true, says: text }
    const requests = await inWorld(
      mind,
      () => null,
      async ({ world, server }) => {
        const end = await playSession(world, { url: server.url, trials: STEPS.length, ...way, ...plantedIn(text) } as Asked)
        if (end.end === 'broken') throw end.error
        return server.requests
      },
    )
    prompts.push(...requests.map(wordsOfUs))
  }
  return prompts
}

/** A data set and trainings that write the text wherever they may write. */
function plantedIn(text: string): Pick<Asked, 'brief' | 'dress' | 'hints'> {
  const brief = briefOf({ classes: [text, 'boot', `${text} too`], about: text })
  const card = {
    ...brief.card,
    name: text,
    warnings: [text],
    formats: { [text]: 1 },
    ownSplits: [text],
    quarantined: { count: 1, examples: [{ path: text, reason: text }] },
    stray: { count: 1, examples: [text] },
  }
  return { brief: { ...brief, card }, dress: (evaluation) => dressed(evaluation, text), hints: [text] }
}

const DEV: DevReport = {
  n: 90,
  right: 60,
  loss: 1,
  perClass: [20, 18, 22].map((right) => ({ count: 30, right })),
  confusions: [[0, 2, 5]],
  probes: null,
}

function dressed(evaluation: Evaluation, text: string): Evaluation {
  const { outcome } = evaluation
  if (outcome.status === 'failed')
    return { ...evaluation, outcome: { ...outcome, message: text, evidence: [text, text], logTail: `${text}\n`.repeat(3) } }
  return { ...evaluation, outcome: { ...outcome, trainings: outcome.trainings.map((training) => ({ ...training, dev: DEV })) } }
}

/** What we say in a request; what the model itself said before is its own. */
function wordsOfUs({ body }: ChatRequest): string {
  const messages = body['messages'] as readonly { readonly role: string; readonly content: unknown }[]
  return messages.flatMap(({ role, content }) => (role === 'assistant' ? [] : [wordsIn(content)])).join('\n')
}

function wordsIn(content: unknown): string {
  return typeof content === 'string' ? content : (content as readonly { text?: string }[]).map(({ text = '' }) => text).join('\n')
}

/** The first place in which a prompt, its data blocks aside, differs from the harmless one. */
function leakIn(prompt: string, harmless: string): { readonly bytes: number; readonly where: string }[] {
  const [mine, plain] = [prompt, harmless].map((text) => text.replace(DATA_BLOCK, '<data/>'))
  if (mine === undefined || plain === undefined || (mine === plain && !mine.includes(CANARY))) return []
  const at = [...mine].findIndex((char, index) => char !== plain[index])
  return [
    { bytes: Math.max(1, Buffer.byteLength(mine) - Buffer.byteLength(plain)), where: mine.slice(Math.max(0, at - 20), at + 60) },
  ]
}
