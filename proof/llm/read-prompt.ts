import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '..', '..', 'src', 'team', 'llm', 'prompts')
const PLACEHOLDER = /\{\{([a-zA-Z]+)\}\}/

const templates = new Map<string, string>()

function template(name: string): string {
  const known = templates.get(name) ?? readFileSync(join(FOLDER, `${name}.md`), 'utf8').trim()
  templates.set(name, known)
  return known
}

/** Whether a text was made of this prompt: it holds the longest stretch of the prompt that has no placeholder. */
export function isMadeOf(name: string, text: string): boolean {
  const [longest = ''] = template(name)
    .split(/\{\{[a-zA-Z]+\}\}/)
    .toSorted((a, b) => b.length - a.length)
  return text.includes(longest.trim())
}

/** What stands in a text at the (first) place of a placeholder of the prompt that the whole text was made of. */
export function valueIn(name: string, placeholder: string, text: string): string {
  // The pieces at odd places are the names of placeholders.
  const pieces = template(name).split(PLACEHOLDER)
  const pattern = pieces.map((piece, index) => (index % 2 === 1 ? '([^]*?)' : escape(piece))).join('')
  const values = new RegExp(`^${pattern}$`).exec(text.trim())
  const place = pieces.filter((_, index) => index % 2 === 1).indexOf(placeholder)
  const value = place < 0 ? undefined : values?.[1 + place]
  if (value === undefined) throw new Error(`no ${placeholder} of the prompt ${name} in this text`)
  return value
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
