import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, 'prompts')
const PLACEHOLDER = /\{\{([a-z][a-zA-Z]*)\}\}/g

const texts = new Map<string, string>()

/** A prompt of the folder `prompts` with its placeholders filled in. */
export function prompt(name: string, values: Readonly<Record<string, string>> = {}): string {
  let text = texts.get(name)
  if (text === undefined) {
    text = readFileSync(join(FOLDER, `${name}.md`), 'utf8')
    texts.set(name, text)
  }
  return render(text, values, name)
}

/** Throws when the text has a placeholder without a value, or a value without a placeholder. What is filled in is not looked at again. */
export function render(text: string, values: Readonly<Record<string, string>>, name = 'prompt'): string {
  const wanted = new Set([...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? ''))
  const missing = [...wanted].filter((key) => !Object.hasOwn(values, key))
  const unused = Object.keys(values).filter((key) => !wanted.has(key))
  if (missing.length > 0 || unused.length > 0) {
    const parts = [
      ...(missing.length > 0 ? [`no value for ${missing.join(', ')}`] : []),
      ...(unused.length > 0 ? [`no place for ${unused.join(', ')}`] : []),
    ]
    throw new Error(`prompt ${name}: ${parts.join('; ')}`)
  }
  return text.replace(PLACEHOLDER, (_, key: string) => values[key] ?? '').trim()
}
