import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Ask, Question, Reply } from '../../src/core/language-model.ts'
import type { Component, Pipeline } from '../../src/core/pipeline.ts'
import type { Brief, Evidence } from '../../src/core/team.ts'
import { contractText } from '../../src/team/llm/index.ts'
import type { ContractSources, LlmTeamOptions } from '../../src/team/llm/index.ts'
import { evidenceOf } from './playbook-evidence.ts'
import type { Fit } from './playbook-evidence.ts'

const HARNESS = join(import.meta.dirname, '..', '..', 'harness')

/** The contract's own files. */
export function contractSources(): ContractSources {
  const folder = join(HARNESS, 'improve_harness')
  const names = readdirSync(join(folder, 'ops')).filter((name) => name.endsWith('.py'))
  const ops = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, 'ops', name), 'utf8')]))
  return { contract: readFileSync(join(folder, 'contract.py'), 'utf8'), ops }
}

/** A pipeline that trains: "tiny" for pictures up to 64 px, "scratch" for larger ones. */
export function samplePipeline(name: 'tiny' | 'scratch'): Pipeline {
  const read = (component: Component) => readFileSync(join(HARNESS, 'tests', 'pipelines', name, `${component}.py`), 'utf8')
  return { data: read('data'), model: read('model'), training: read('training') }
}

export const OPTIONS: LlmTeamOptions = {
  contract: contractText(contractSources()),
  weights: [],
  datasetInfo: true,
  initStepByStep: false,
  historian: false,
}

/** Evidence of a best pipeline that can be changed: one whose files are there. */
export function llmEvidence(
  fit: Partial<Fit> = {},
  {
    facts = {},
    rest = {},
    pipeline = samplePipeline('tiny'),
  }: { facts?: Partial<Brief>; rest?: Partial<Evidence>; pipeline?: Pipeline } = {},
): Evidence {
  const evidence = evidenceOf({ train: 0.99, dev: 0.86, passes: 40, ...fit }, facts, rest)
  return { ...evidence, best: { ...evidence.best, pipeline, ...rest.best } }
}

export type Script = { readonly ask: Ask; readonly questions: Question[] }

/** Replies one after another; what they answered is kept. Fails when asked more often. */
export function scripted(replies: readonly (string | Reply | ((question: Question) => string))[]): Script {
  const questions: Question[] = []
  const ask: Ask = (question) => {
    const reply = replies[questions.length]
    questions.push(question)
    if (reply === undefined) throw new Error(`asked ${questions.length} times, there are ${replies.length} replies`)
    const given = typeof reply === 'function' ? reply(question) : reply
    return Promise.resolve(typeof given === 'string' ? { text: given, end: 'complete' } : given)
  }
  return { ask, questions }
}

/** All that a question says, as one text. */
export function textOf({ instructions, turns }: Question): string {
  return [instructions, ...turns.map(({ text }) => text)].join('\n\n')
}

/** A reply in the form that is asked for: facts as JSON, files as blocks. */
export function codeReply(facts: Readonly<Record<string, unknown>>, files: Readonly<Record<string, string>>): string {
  const blocks = Object.entries(files).map(([name, source]) => `\`\`\`python\n# ${name}\n${source}\n\`\`\``)
  return [`\`\`\`json\n${JSON.stringify(facts)}\n\`\`\``, ...blocks].join('\n')
}
