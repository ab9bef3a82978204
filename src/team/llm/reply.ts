import { COMPONENTS } from '../../core/pipeline.ts'
import type { Component } from '../../core/pipeline.ts'
import { Refusal } from './refusal.ts'
import { cleanReply, splitBlocks } from './reply-blocks.ts'
import type { Block } from './reply-blocks.ts'
import { findObjects } from './tolerant-json.ts'
import type { JsonObject } from './tolerant-json.ts'

/** Code that a reply gives for one file: the whole of it, or parts to be exchanged. */
export type GivenFile = { readonly component: Component; readonly code: string }

export type CodeReply = {
  /** What the JSON block says; empty where there is none. */
  readonly facts: JsonObject
  /** At most one a file. */
  readonly files: readonly GivenFile[]
}

/** What a file must define, by which it is known where its name is missing. */
const MARKS: Readonly<Record<Component, RegExp>> = {
  data: /^def (?:train_transform|eval_transform)\b/m,
  model: /^def build_model\b/m,
  training: /^def configure\b/m,
}
/** A file with each of these is whole. */
const REQUIRED: Readonly<Record<Component, readonly RegExp[]>> = {
  data: [/^def train_transform\b/m, /^def eval_transform\b/m, /^IMAGE_SIZE\b/m],
  model: [/^def build_model\b/m],
  training: [/^def configure\b/m],
}
const CODE_INFO = /^(?:python3?|py|diff)\b/i
const FILE_NAME = /(?:^|[\s/\\`'"*(=:[])([A-Za-z_][\w-]*\.py)\b/
export const SEARCH_MARK = /^<{5,9} ?SEARCH/m

/** The last object in a reply that is data alone. */
export function readObject(text: string): JsonObject {
  const object = lastObject(cleanReply(text))
  if (object === null)
    throw new Refusal('no JSON object was found in the reply; reply with one JSON object of the form asked for and nothing else')
  return object
}

/**
 * The JSON block and the files of a reply. Of two answers the last whole one counts. `isCut`: the reply ended at the most tokens allowed,
 * so that a block without an end is not all of it. `expected` takes code without a name when it is the only one.
 */
export function readCode(text: string, { isCut, expected }: { isCut: boolean; expected: Component | null }): CodeReply {
  const answer = cleanReply(text)
  const { blocks, prose } = splitBlocks(answer)
  const usable = isCut ? blocks.filter(({ isClosed }) => isClosed) : blocks
  const code = usable.filter(isCode)
  const data = usable.filter((block) => !isCode(block)).map(({ body }) => body)
  const facts = lastObject(data.join('\n')) ?? lastObject(prose) ?? {}
  if (code.length === 0) {
    throw new Refusal(
      isCut
        ? 'the reply was cut off before a file was complete; send a shorter answer'
        : 'no code was found in the reply; put each file into a ```python block whose first line names it, such as "# model.py"',
    )
  }
  return { facts, files: lastOfEach(code.flatMap((block) => fileOf(block, code.length === 1 ? expected : null))) }
}

export function isWhole({ component, code }: GivenFile): boolean {
  return REQUIRED[component].every((mark) => mark.test(code))
}

function isCode({ info, body }: Block): boolean {
  if (CODE_INFO.test(info) || /\.py\b/.test(info)) return true
  return (
    !/^json/i.test(info) && !/^\s*[{[]/.test(body) && (SEARCH_MARK.test(body) || COMPONENTS.some((name) => MARKS[name].test(body)))
  )
}

function fileOf(block: Block, expected: Component | null): GivenFile[] {
  const [first = '', ...rest] = block.body.replace(/^\n+/, '').split('\n')
  const isNamed = first.trim().startsWith('#') && FILE_NAME.test(first) && first.length < 80
  const code = isNamed ? rest.join('\n') : block.body
  const name = nameIn(block.info) ?? (isNamed ? nameIn(first) : null) ?? nameIn(block.before)
  if (name !== null) return componentOf(name, code)
  const marked = COMPONENTS.filter((component) => MARKS[component].test(code))
  const [only] = marked
  if (only !== undefined && marked.length === 1) return [{ component: only, code }]
  if (marked.length > 1)
    throw new Refusal(
      'one code block holds functions of several files; put each file into a block of its own whose first line names it',
    )
  if (expected !== null) return [{ component: expected, code }]
  // A snippet that explains something: no file, and not taken for one.
  return []
}

function nameIn(text: string): string | null {
  return FILE_NAME.exec(text)?.[1] ?? null
}

function componentOf(name: string, code: string): GivenFile[] {
  const component = COMPONENTS.find((known) => name === `${known}.py`)
  if (component !== undefined) return [{ component, code }]
  throw new Refusal(`there is no file "${name.slice(0, 40)}"; a pipeline is data.py, model.py and training.py and nothing else`)
}

/** Of each file the last block that is whole or exchanges parts; where none is, the last. */
function lastOfEach(files: readonly GivenFile[]): GivenFile[] {
  return COMPONENTS.flatMap((component) => {
    const given = files.filter((file) => file.component === component)
    const last = given.findLast((file) => isWhole(file) || SEARCH_MARK.test(file.code)) ?? given.at(-1)
    return last === undefined ? [] : [last]
  })
}

function lastObject(text: string): JsonObject | null {
  return findObjects(text).findLast((object) => Object.keys(object).length > 0) ?? null
}
