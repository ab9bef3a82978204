import { Refusal } from './refusal.ts'

/** A longer reply is not read: nothing that is asked for comes near. */
const MAX_REPLY = 4_000_000

export type Block = {
  /** What stands behind the opening fence: "python data.py". */
  readonly info: string
  readonly body: string
  /** The last line of text before the block. */
  readonly before: string
  readonly isClosed: boolean
}

export type Blocks = { readonly blocks: readonly Block[]; readonly prose: string }

/** The reply without what is not part of the answer: line ends of other systems, control characters, thoughts that were said aloud. */
export function cleanReply(text: string): string {
  if (text.length > MAX_REPLY)
    throw new Refusal(`the reply is longer than ${MAX_REPLY / 1e6} million characters; send the answer alone`)
  const plain = text.replace(/\r\n?/g, '\n').replace(/(?![\n\t])\p{Cc}|\uFEFF/gu, '')
  const thought = plain.lastIndexOf('</think>')
  const answer = thought < 0 ? plain : plain.slice(thought + '</think>'.length)
  return answer.startsWith('<think>') ? '' : answer
}

/** Fenced blocks of any kind, and the text outside of them. A fence that is never closed ends with the next opening one, or the text. */
export function splitBlocks(text: string): Blocks {
  const blocks: Block[] = []
  const prose: string[] = []
  let open: { fence: string; indent: number; info: string; before: string; lines: string[] } | null = null
  const close = (isClosed: boolean) => {
    if (open !== null) blocks.push({ info: open.info, before: open.before, body: open.lines.join('\n'), isClosed })
    open = null
  }
  for (const line of text.split('\n')) {
    const fence = fenceOf(line)
    if (open === null) {
      if (fence === null) prose.push(line)
      else open = { ...fence, before: lastWords(prose), lines: [] }
    } else if (fence !== null && fence.fence.startsWith(open.fence) && fence.info === '') close(true)
    else if (fence !== null && fence.fence.startsWith(open.fence) && KNOWN.test(fence.info)) {
      close(true)
      open = { ...fence, before: '', lines: [] }
    } else open.lines.push(withoutIndent(line, open.indent))
  }
  close(false)
  return { blocks, prose: prose.join('\n') }
}

/** What may follow an opening fence; inside of a block another such line means that the closing one was forgotten. */
const KNOWN = /^(?:json|python|py|text|diff)\b/i

function fenceOf(line: string): { fence: string; indent: number; info: string } | null {
  const match = /^([ \t]{0,12})(`{3,}|~{3,})([^`]*)$/.exec(line)
  if (match === null) return null
  return { indent: (match[1] ?? '').length, fence: match[2] ?? '', info: (match[3] ?? '').trim() }
}

function withoutIndent(line: string, indent: number): string {
  const blank = /^[ \t]*/.exec(line)?.[0].length ?? 0
  return line.slice(Math.min(indent, blank))
}

function lastWords(prose: readonly string[]): string {
  return prose.findLast((line) => line.trim() !== '')?.trim() ?? ''
}
