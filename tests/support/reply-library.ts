import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import type { Ask } from '../../src/core/language-model.ts'
import { COMPONENTS } from '../../src/core/pipeline.ts'
import type { Component, Pipeline } from '../../src/core/pipeline.ts'
import { NoValidReply } from '../../src/core/team.ts'
import type { Blueprint, Proposal, Team } from '../../src/core/team.ts'
import { makeLlmTeam } from '../../src/team/llm/index.ts'
import { llmEvidence, OPTIONS, samplePipeline } from './llm-team.ts'

/** Replies as a language model writes them, a folder a role, with what each is expected to come to. */
export const REPLIES = join(import.meta.dirname, '..', 'replies')

export const REPLY_ROLES = ['architect', 'analyst', 'data', 'model', 'training', 'single', 'anything', 'zero-shot'] as const
export type ReplyRole = (typeof REPLY_ROLES)[number]

const indexSchema = z.array(
  z.strictObject({
    file: z.string(),
    quality: z.enum(['good', 'mediocre', 'broken']),
    /** "trains" (or, where no code is asked for, is taken), "refused" (by the role), or how the harness fails it: "check/contract". */
    expected: z.string().regex(/^(?:trains|refused|(?:check|smoke|train|predict|score)(?:\/[a-z-]+)?)$/),
    idea: z.string(),
  }),
)

export type WrittenReply = z.infer<typeof indexSchema>[number] & { readonly role: ReplyRole; readonly text: string }

/** Roles that the library has replies of. */
export function writtenRoles(): ReplyRole[] {
  return REPLY_ROLES.filter((role) => existsSync(join(REPLIES, role, 'index.json')))
}

/** The replies of a role that its index lists, which are all that there are. */
export function repliesOf(role: ReplyRole): WrittenReply[] {
  const folder = join(REPLIES, role)
  const index = indexSchema.parse(JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')))
  const there = readdirSync(folder).filter((name) => name.endsWith('.md'))
  const listed = index.map(({ file }) => file)
  const odd = [...there.filter((name) => !listed.includes(name)), ...listed.filter((name) => !there.includes(name))]
  if (odd.length > 0) throw new Error(`${role}/index.json and the files of the folder differ in ${odd.join(', ')}`)
  return index.map((entry) => ({ ...entry, role, text: readFileSync(join(folder, entry.file), 'utf8') }))
}

/** What a role's reply comes to: the pipeline to be trained, null where the reply is no code, or why it is refused. */
export type Reading = { readonly pipeline: Pipeline | null } | { readonly refusal: string }

/** Puts a reply through the role it answers. Changes are made to the tiny pipeline. */
export async function readReply({ role, text }: Pick<WrittenReply, 'role' | 'text'>): Promise<Reading> {
  try {
    return { pipeline: await pipelineOf(role, makeLlmTeam(answerWith(text), OPTIONS)) }
  } catch (error) {
    if (error instanceof NoValidReply) return { refusal: error.message }
    throw error
  }
}

/** The same reply however often it is asked for. */
function answerWith(text: string): Ask {
  return () => Promise.resolve({ text, end: 'complete' })
}

async function pipelineOf(role: ReplyRole, team: Team): Promise<Pipeline | null> {
  const { signal } = new AbortController()
  const evidence = llmEvidence()
  if (role === 'architect') return filesOf(await team.architect(evidence.brief, signal))
  if (role === 'zero-shot') return filesOf(await aloneOf(team).afresh(evidence.brief, 0, signal))
  if (role === 'single' || role === 'anything') return changed(await aloneOf(team)[role](evidence, signal))
  if (role === 'analyst') {
    await team.analyst(evidence, signal)
    return null
  }
  const diagnosis = { diagnosis: 'it is slow', bottleneck: 'speed', component: role, task: 'make it better', predictedGain: 0.01 }
  const change = await team.engineers[role]({ diagnosis, evidence }, signal)
  return { ...samplePipeline('tiny'), ...(change && { [role]: change.source }) }
}

function aloneOf({ alone }: Team) {
  if (alone === undefined) throw new Error('the team cannot work alone')
  return alone
}

function filesOf({ pipeline }: Blueprint): Pipeline {
  return pipeline
}

function changed(proposal: Proposal | null): Pipeline {
  const changes = COMPONENTS.flatMap((component): [Component, string][] => {
    const source = proposal?.changes[component]?.source
    return source === undefined ? [] : [[component, source]]
  })
  return { ...samplePipeline('tiny'), ...Object.fromEntries(changes) }
}
