import { COMPONENTS } from '../../src/core/pipeline.ts'
import type { Component, Pipeline } from '../../src/core/pipeline.ts'
import type { ChatRequest } from '../../tests/support/llm-server.ts'
import { codeReply, samplePipeline } from '../../tests/support/llm-team.ts'
import { isMadeOf, valueIn } from './read-prompt.ts'

/**
 * A mind that plays all roles and remembers nothing: what it replies depends on the question alone, so that a run comes to the same end
 * however often it was interrupted. What a file is worth stands in it as `WORTH = …`; the synthetic evaluator scores by that.
 */

/** What is proposed: a component, and what its file is worth then. "fails" does not train until it is mended. */
export type Step = { readonly component: Component; readonly worth: number | 'fails' }

export type MindOptions = {
  readonly steps: readonly Step[]
  /** Whether the first pipeline does not train until it is mended. */
  readonly isBrokenFirst?: boolean
  /** Words that the mind puts wherever a reply has words of its own. */
  readonly says?: string
}

/** What a mended file is worth. */
export const MENDED = 0.004

export function worthIn(source: string): string {
  return /^WORTH = (\S+)$/m.exec(source)?.[1] ?? '0'
}

export function withWorth(source: string, worth: string | number): string {
  const line = `WORTH = ${worth}`
  return /^WORTH = .*$/m.test(source) ? source.replace(/^WORTH = .*$/m, line) : `${source.trimEnd()}\n\n\n${line}\n`
}

export function basePipeline(worth: string | number = 0): Pipeline {
  const { data, model, training } = samplePipeline('tiny')
  return { data: withWorth(data, 0), model: withWorth(model, worth), training: withWorth(training, 0) }
}

/** The mind's whole answer to a request. */
export function answerOf(request: ChatRequest, options: MindOptions): string {
  const { system, question } = textsOf(request)
  if (isMadeOf('repair', question)) return repaired(question, options)
  if (isMadeOf('analyst', system)) return JSON.stringify(diagnosis(stepIn('analyst-task', question, options), options))
  if (isMadeOf('engineer', system)) return engineered(question, options)
  if (isMadeOf('architect', system)) return designed(question, options)
  if (isMadeOf('single', system)) return alone(system, question, options)
  if (isMadeOf('zero-shot', system)) return codeReply({}, filesOf(afresh(question)))
  if (isMadeOf('historian', system)) return `Nothing worth a word so far. ${options.says ?? ''}`
  throw new Error(`nobody is asked this: ${system.slice(0, 80)}`)
}

type Texts = { readonly system: string; readonly question: string }

/** The instructions and the first turn of a request. */
export function textsOf({ body }: ChatRequest): Texts {
  const messages = body['messages'] as readonly { readonly role: string; readonly content: unknown }[]
  const textOf = (content: unknown): string =>
    typeof content === 'string' ? content : (content as readonly { text?: string }[]).map(({ text = '' }) => text).join('\n')
  const of = (role: string) => textOf(messages.find((message) => message.role === role)?.content ?? '')
  return { system: of('system'), question: of('user') }
}

function stepIn(name: 'analyst-task' | 'single-task', question: string, { steps }: MindOptions): Step {
  const left = Number(valueIn(name, 'trialsLeft', question))
  const step = steps[steps.length - left]
  if (step === undefined) throw new Error(`${left} trials left, and there are ${steps.length} steps`)
  return step
}

function diagnosis({ component, worth }: Step, { says = '' }: MindOptions) {
  return {
    diagnosis: `train 99.0 % against dev 91.0 % ${says}`,
    bottleneck: `overfitting ${says}`,
    component,
    task: `Set WORTH to ${worth} in ${component}.py. ${says}`,
    predictedGain: 0.5,
  }
}

function words({ says = '' }: MindOptions) {
  return {
    title: `another worth ${says}`,
    kind: `worth ${says}`,
    rationale: `as told ${says}`,
    expect: `more ${says}`,
    labelSafety: says,
  }
}

function engineered(question: string, options: MindOptions): string {
  const task = valueIn('engineer-task', 'task', question)
  const [, worth = '0', component = ''] = /Set WORTH to (\S+) in (\w+)\.py/.exec(task) ?? []
  const source = sourcesIn(question)[component as Component] ?? ''
  return codeReply(words(options), { [`${component}.py`]: withWorth(source, worth) })
}

function designed(question: string, options: MindOptions): string {
  const facts = { understanding: `numbers ${options.says ?? ''}`, design: `small ${options.says ?? ''}` }
  const files = filesOf(basePipeline(options.isBrokenFirst === true ? 'fails' : 0))
  if (!isMadeOf('architect-step', question)) return codeReply(facts, files)
  const name = valueIn('architect-step', 'file', question)
  return codeReply(facts, { [name]: files[name] ?? '' })
}

function repaired(question: string, options: MindOptions): string {
  const broken = Object.entries(sourcesIn(question))
  const mended = broken.filter(([, source]) => worthIn(source) === 'fails')
  return codeReply(words(options), Object.fromEntries(mended.map(([name, source]) => [`${name}.py`, withWorth(source, MENDED)])))
}

/** One prompt for everything: the step's file, and where every file may change one more. */
function alone(system: string, question: string, options: MindOptions): string {
  const step = stepIn('single-task', question, options)
  const sources = sourcesIn(question)
  const other = COMPONENTS.find((name) => name !== step.component) ?? 'data'
  const more = isMadeOf('scope-any', system)
    ? { [`${other}.py`]: withWorth(sources[other] ?? '', `${MENDED}${options.steps.indexOf(step)}`) }
    : {}
  const mine = { [`${step.component}.py`]: withWorth(sources[step.component] ?? '', step.worth) }
  return codeReply({ ...diagnosis(step, options), ...words(options) }, { ...mine, ...more })
}

/** Independent answers differ in what they are worth. */
function afresh(question: string): Pipeline {
  const draw = Number(/Answer (\d+) of/.exec(question)?.[1] ?? 0)
  return basePipeline(draw / 1000)
}

function filesOf(pipeline: Pipeline): Record<string, string> {
  return Object.fromEntries(COMPONENTS.map((name) => [`${name}.py`, pipeline[name]]))
}

/** The files that a prompt shows; whoever is to change one sees it whole. */
function sourcesIn(text: string): Partial<Record<Component, string>> {
  const blocks = [...text.matchAll(/(`{3,})python\n# (\w+)\.py\n([\s\S]*?)\n\1/g)]
  return Object.fromEntries(blocks.map(([, , name, source]) => [name, source]))
}
