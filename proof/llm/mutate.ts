import { drawBelow } from '../../src/core/random.ts'
import type { Random } from '../../src/core/random.ts'

/** Ways in which a reply gets damaged: each takes it, chance, and some other reply. */
type Mutator = (text: string, random: Random, other: string) => string

export const MUTATORS: Readonly<Record<string, Mutator>> = {
  truncation: (text, random) => text.slice(0, drawBelow(random, text.length + 1)),
  'beginning lost': (text, random) => text.slice(drawBelow(random, text.length + 1)),
  'fences removed': (text) => text.replace(/^\s*(?:`{3,}|~{3,}).*$/gm, ''),
  'a fence removed': (text, random) => dropOne(text, /^\s*`{3,}.*$/gm, random),
  NULs: (text, random) => insertAt(text, random, '\0'.repeat(1 + drawBelow(random, 20))),
  'control characters': (text, random) => insertAt(text, random, '\u001B[31m\u0007\b\r\u0085'),
  'the answer twice': (text) => `${text}\n\nAnd once more:\n\n${text}`,
  'another answer before': (text, _random, other) => `${other}\n\nNo, rather:\n\n${text}`,
  'another answer after': (text, _random, other) => `${text}\n\n${other}`,
  'fields swapped': (text) =>
    text.replaceAll('"component"', '"\u0000"').replaceAll('"task"', '"component"').replaceAll('"\u0000"', '"task"'),
  'a megabyte of text': (text, random) => insertAt(text, random, 'and so on and on, '.repeat(58_000)),
  'a megabyte of one character': (text, random) => insertAt(text, random, '{[`"\\#'.charAt(drawBelow(random, 6)).repeat(1_000_000)),
  'another component': (text, random) =>
    text.replace(/\b(?:data|model|training)\b/g, () => ['data', 'model', 'training'][drawBelow(random, 3)] ?? 'data'),
  'nested fences': (text) => `\`\`\`markdown\n${text}\n\`\`\``,
  'fences within': (text, random) => insertAt(text, random, '\n```\n```python\n'),
  unicode: (text, random) => insertAt(text, random, '\u202E\u200B\uFEFF\uD83D𝔡𝔢𝔣 “ｄｅｆ” é\u0301'),
  'letters exchanged': (text, random) =>
    editSome(text, random, (char) => String.fromCharCode(32 + ((char.charCodeAt(0) + 1) % 95))),
  'JSON damaged': (text, random) => dropOne(text, /[{}[\]":,]/g, random),
  'JSON doubled': (text, random) => insertAt(text, random, '{"component": {"component": [}, "task": nul'),
  'thoughts aloud': (text, random) =>
    `<think>${text.slice(0, drawBelow(random, 400))}${drawBelow(random, 2) === 0 ? '</think>' : ''}${text}`,
  'line ends': (text) => text.replaceAll('\n', '\r'),
  'indented by one': (text) => text.replace(/^/gm, ' '),
  'lines lost': (text, random) =>
    text
      .split('\n')
      .filter(() => drawBelow(random, 12) > 0)
      .join('\n'),
  'escaped as HTML': (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
}

const NAMES = Object.keys(MUTATORS)
const MOST_AT_ONCE = 3

/** The reply after one to three kinds of damage, and their names. The same chance gives the same damage. */
export function mutate(text: string, random: Random, other: string): { readonly text: string; readonly how: readonly string[] } {
  const how = Array.from({ length: 1 + drawBelow(random, MOST_AT_ONCE) }, () => NAMES[drawBelow(random, NAMES.length)] ?? '')
  return { how, text: how.reduce((damaged, name) => MUTATORS[name]?.(damaged, random, other) ?? damaged, text) }
}

function insertAt(text: string, random: Random, inserted: string): string {
  const place = drawBelow(random, text.length + 1)
  return text.slice(0, place) + inserted + text.slice(place)
}

/** Without one of the matches, which chance decides. */
function dropOne(text: string, pattern: RegExp, random: Random): string {
  const matches = [...text.matchAll(pattern)]
  const match = matches[drawBelow(random, matches.length)]
  return match === undefined ? text : text.slice(0, match.index) + text.slice(match.index + match[0].length)
}

function editSome(text: string, random: Random, edit: (char: string) => string): string {
  const places = new Set(Array.from({ length: 5 }, () => drawBelow(random, text.length + 1)))
  return [...places]
    .toSorted((a, b) => b - a)
    .reduce((old, place) => old.slice(0, place) + edit(old.charAt(place) || ' ') + old.slice(place + 1), text)
}
