import * as z from 'zod'
import { COMPONENTS } from '../../core/pipeline.ts'
import type { Memos } from '../../core/team.ts'

/** What the team finds again beside each file: what the Architect understood of the images, and who wrote the file. */
const memoSchema = z.object({
  team: z.literal('llm'),
  author: z.enum(['architect', 'engineer', 'single', 'zero-shot']),
  understanding: z.string(),
})

export type Memo = Readonly<z.infer<typeof memoSchema>>
export type Author = Memo['author']

export function makeMemo(author: Author, understanding: string): Memo {
  return { team: 'llm', author, understanding }
}

export function makeMemos(author: Author, understanding: string): Memos {
  const memo = makeMemo(author, understanding)
  return { data: memo, model: memo, training: memo }
}

/** Null where the file is not of this team. */
export function readMemo(value: unknown): Memo | null {
  const read = memoSchema.safeParse(value)
  return read.success ? read.data : null
}

/** What the Architect understood of the images; empty where none of the files remembers it. */
export function understandingIn(memos: Memos): string {
  return COMPONENTS.map((component) => readMemo(memos[component])?.understanding ?? '').find((text) => text !== '') ?? ''
}
