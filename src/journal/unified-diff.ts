import { diff } from 'node:util'

/** Lines shown around a change. */
const CONTEXT = 3
const NO_LINE_END = '\\ No newline at end of file'

type Line = { readonly sign: ' ' | '-' | '+'; readonly text: string; readonly before: number; readonly after: number }

/** A unified diff of one file, as `git apply` and `patch` read it; empty when nothing differs. */
export function unifiedDiff(name: string, before: string, after: string): string {
  const lines = compare(linesOf(before), linesOf(after))
  const hunks = hunksOf(lines).map(renderHunk)
  return hunks.length === 0 ? '' : [`--- a/${name}\n+++ b/${name}\n`, ...hunks].join('')
}

/** Lines with their ends, so that a missing last line end is a difference. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

/** All lines of both texts in order, each with its position before and after. */
function compare(before: readonly string[], after: readonly string[]): Line[] {
  let position = { before: 0, after: 0 }
  const lines = diff(before, after).map(([operation, text]): Line => {
    const sign = operation === 0 ? ' ' : operation === 1 ? '-' : '+'
    const line = { sign, text, ...position } as const
    position = { before: position.before + (sign === '+' ? 0 : 1), after: position.after + (sign === '-' ? 0 : 1) }
    return line
  })
  return removalsFirst(lines)
}

/** In a block of changes, what is removed stands before what is added, as readers expect. */
function removalsFirst(lines: readonly Line[]): Line[] {
  const blocks: Line[][] = []
  for (const line of lines) {
    const last = blocks.at(-1)
    if (last !== undefined && (last[0]?.sign === ' ') === (line.sign === ' ')) last.push(line)
    else blocks.push([line])
  }
  return blocks.flatMap((block) => [...block.filter(({ sign }) => sign !== '+'), ...block.filter(({ sign }) => sign === '+')])
}

/** Changes with their context; changes whose contexts touch share a hunk. */
function hunksOf(lines: readonly Line[]): Line[][] {
  const shown = new Set<number>()
  lines.forEach((line, index) => {
    if (line.sign === ' ') return
    for (let near = index - CONTEXT; near <= index + CONTEXT; near++) shown.add(near)
  })
  const hunks: Line[][] = []
  lines.forEach((line, index) => {
    if (!shown.has(index)) return
    if (shown.has(index - 1) && index > 0) hunks.at(-1)?.push(line)
    else hunks.push([line])
  })
  return hunks
}

function renderHunk(lines: readonly Line[]): string {
  const side = (sign: '-' | '+', start: number) => {
    const count = lines.filter((line) => line.sign === ' ' || line.sign === sign).length
    // A side without lines is named by the line before it.
    return `${count === 0 ? start : start + 1}${count === 1 ? '' : `,${count}`}`
  }
  const first = lines.reduce(
    (least, { before, after }) => ({ before: Math.min(least.before, before), after: Math.min(least.after, after) }),
    { before: Number.POSITIVE_INFINITY, after: Number.POSITIVE_INFINITY },
  )
  const body = lines.map(({ sign, text }) => (text.endsWith('\n') ? `${sign}${text}` : `${sign}${text}\n${NO_LINE_END}\n`))
  return `@@ -${side('-', first.before)} +${side('+', first.after)} @@\n${body.join('')}`
}
