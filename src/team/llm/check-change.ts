import { Buffer } from 'node:buffer'
import { COMPONENTS } from '../../core/pipeline.ts'
import type { Component, Pipeline } from '../../core/pipeline.ts'
import type { Change, Evidence } from '../../core/team.ts'
import { resultOf } from './edits.ts'
import { plainText } from './fence.ts'
import { findEarlier, fingerprintOf, isSameCode } from './fingerprint.ts'
import { normalLines } from './normal-code.ts'
import { Refusal } from './refusal.ts'
import { isWhole } from './reply.ts'
import type { CodeReply } from './reply.ts'
import type { JsonObject } from './tolerant-json.ts'

/** The harness reads no larger file. */
const MAX_BYTES = 64 * 1024
const MAX_LINES = 1500
const NEEDED: Readonly<Record<Component, string>> = {
  data: 'IMAGE_SIZE, train_transform(info) and eval_transform(info)',
  model: 'build_model(info)',
  training: 'configure(model, info)',
}

export type Asked = {
  /** Components of which new files are taken. */
  readonly components: readonly Component[]
  readonly evidence: Evidence
  /** Where the reply says no word about the change. */
  readonly otherwise: { readonly title: string; readonly kind: string }
  /** What the author wants to find again. */
  readonly memo: unknown
}

export function fileName(component: Component): string {
  return `${component}.py`
}

/** The changes of a reply, each different from what is there and from what was tried; at least one. */
export function checkChanges({ facts, files }: CodeReply, asked: Asked): Partial<Record<Component, Change>> {
  const mine = files.filter(({ component }) => asked.components.includes(component))
  const ignored = files.filter(({ component }) => !asked.components.includes(component)).map(({ component }) => fileName(component))
  if (mine.length === 0) {
    const found = ignored.length > 0 ? `, it holds ${ignored.join(' and ')}, which stay as they are` : ''
    throw new Refusal(
      `the reply holds no ${asked.components.map(fileName).join(' or ')}${found}; send the file that you were asked for`,
    )
  }
  const { pipeline } = asked.evidence.best
  const sources = mine.map((file): [Component, string] => [file.component, sourceOf(file, pipeline[file.component])])
  const changed = sources.filter(([component, source]) => !isSameCode(source, pipeline[component]))
  if (changed.length === 0) {
    const names = sources.map(([component]) => fileName(component)).join(' and ')
    throw new Refusal(
      `${names} does the same as the current file (comments and layout aside); carry out the task so that the code differs`,
    )
  }
  const changes = changed.map(([component, source]) => [component, changeOf(component, source, facts, asked, ignored)] as const)
  refuseRepeats(
    changes.map(([, change]) => change),
    asked.evidence,
  )
  return Object.fromEntries(changes)
}

/** The new source of a file. Throws `Refusal` where it cannot be one. */
export function sourceOf(file: { readonly component: Component; readonly code: string }, current: string): string {
  const name = fileName(file.component)
  const source = resultOf(file.code, current, name)
  if (normalLines(source).length === 0) throw new Refusal(`${name} is empty; send its whole new text`)
  const [bytes, lines] = [Buffer.byteLength(source), source.split('\n').length]
  if (bytes > MAX_BYTES || lines > MAX_LINES)
    throw new Refusal(
      `${name} has ${lines} lines and ${bytes} bytes, allowed are ${MAX_LINES} and ${MAX_BYTES}; a component is code, it carries no data`,
    )
  if (!isWhole({ component: file.component, code: source }))
    throw new Refusal(
      `${name} is not whole: it must define ${NEEDED[file.component]} at module level; send the whole file, or SEARCH and REPLACE blocks`,
    )
  return source
}

function changeOf(component: Component, source: string, facts: JsonObject, asked: Asked, ignored: readonly string[]): Change {
  const [rationale, expect] = [textOf(facts['rationale'], 600), textOf(facts['expect'], 300)]
  const told = ignored.length === 0 ? '' : `The reply also held ${ignored.join(' and ')}, which was not asked for and not used.`
  const safety = textOf(facts['labelSafety'], 300)
  return {
    title: textOf(facts['title'], 100) || plainText(asked.otherwise.title, 100),
    kind: slug(textOf(facts['kind'], 60)) || slug(asked.otherwise.kind) || 'other',
    source,
    rationale: [rationale, expect === '' ? '' : `Expected: ${expect}`, told].filter((part) => part !== '').join(' '),
    fingerprint: fingerprintOf(component, source, asked.evidence.best.pipeline[component]),
    memo: asked.memo,
    labelSafety: component !== 'data' || safety === '' ? null : `the engineer says: ${safety}`,
  }
}

/** Changes of several files together are a repeat when each of them was tried. */
function refuseRepeats(changes: readonly Change[], evidence: Evidence): void {
  const earlier = changes.map((change) => findEarlier(change.fingerprint, evidence))
  const [first] = earlier
  if (first === undefined || first === null || earlier.includes(null)) return
  const came = first.result.status === 'failed' ? 'it failed' : `it was ${first.result.decision}`
  throw new Refusal(`this is the change of trial ${first.trial} again, and ${came}; send a different one that carries out the task`)
}

/** Words of the model for people and for later prompts: one line. */
export function textOf(value: unknown, maxLength: number): string {
  if (typeof value !== 'string') return ''
  return plainText(value.replace(/\s+/g, ' ').trim(), maxLength)
}

/** "Learning-rate schedule!" -> "learning-rate-schedule". */
export function slug(text: string): string {
  const words =
    text
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? []
  return words.join('-').slice(0, 40).replace(/-$/, '')
}

/** All three files of a reply, or those of `current` where it brings none. */
export function checkPipeline({ files }: CodeReply, current: Partial<Pipeline>): Pipeline {
  const source = (component: Component): string => {
    const file = files.find((given) => given.component === component)
    if (file !== undefined) return sourceOf(file, current[component] ?? '')
    const kept = current[component]
    if (kept !== undefined) return kept
    const missing = COMPONENTS.filter((name) => current[name] === undefined && !files.some((given) => given.component === name))
    throw new Refusal(
      `the reply lacks ${missing.map(fileName).join(' and ')}; send all the files that were asked for, each in a block of its own`,
    )
  }
  return { data: source('data'), model: source('model'), training: source('training') }
}
