import { Refusal } from './refusal.ts'
import { SEARCH_MARK } from './reply.ts'

const SEARCH = /^<{5,9} ?SEARCH\b.*$/
const MIDDLE = /^={5,9}\s*$/
const REPLACE = /^>{5,9} ?REPLACE\b.*$/

type Edit = { readonly search: string; readonly replace: string }

/** The file that code of a reply comes to: the code itself, or the current file with the parts exchanged that it names. */
export function resultOf(code: string, current: string, fileName: string): string {
  if (!SEARCH_MARK.test(code)) return tidy(code)
  return tidy(readEdits(code, fileName).reduce((text, edit) => applyEdit(text, edit, fileName), tidy(current)))
}

function readEdits(code: string, fileName: string): Edit[] {
  const edits: Edit[] = []
  let part: 'outside' | 'search' | 'replace' = 'outside'
  let [search, replace]: [string[], string[]] = [[], []]
  for (const line of code.split('\n')) {
    if (part === 'outside' && SEARCH.test(line)) [part, search, replace] = ['search', [], []]
    else if (part === 'search' && MIDDLE.test(line)) part = 'replace'
    else if (part === 'replace' && REPLACE.test(line)) {
      edits.push({ search: search.join('\n'), replace: replace.join('\n') })
      part = 'outside'
    } else if (part === 'search') search.push(line)
    else if (part === 'replace') replace.push(line)
  }
  if (part !== 'outside' || edits.length === 0)
    throw new Refusal(
      `a SEARCH block of ${fileName} is not complete: it needs <<<<<<< SEARCH, =======, >>>>>>> REPLACE, each on a line of its own`,
    )
  return edits
}

function applyEdit(text: string, { search, replace }: Edit, fileName: string): string {
  const lines = text.split('\n')
  const wanted = withoutName(search, fileName)
    .split('\n')
    .map((line) => line.trimEnd())
  while (wanted.at(-1) === '') wanted.pop()
  while (wanted[0] === '') wanted.shift()
  const places = wanted.length === 0 ? [] : placesOf(lines, wanted)
  if (places.length === 1 && places[0] !== undefined) {
    const given = withoutName(replace, fileName)
    const inserted = given === '' ? [] : given.split('\n')
    return [...lines.slice(0, places[0]), ...inserted, ...lines.slice(places[0] + wanted.length)].join('\n')
  }
  const excerpt = (wanted[0] ?? '').trim().slice(0, 60)
  const count = places.length === 0 ? 'does not occur' : `occurs ${places.length} times`
  throw new Refusal(
    `the SEARCH part that begins with "${excerpt}" ${count} in ${fileName}; copy whole lines exactly, enough of them to occur once, or send the whole file`,
  )
}

/** The line that names a file where it is shown is no line of it. */
function withoutName(part: string, fileName: string): string {
  return part.startsWith(`# ${fileName}\n`) ? part.slice(part.indexOf('\n') + 1) : part
}

function placesOf(lines: readonly string[], wanted: readonly string[]): number[] {
  const ends = lines.map((line) => line.trimEnd())
  return ends.flatMap((line, place) =>
    line === wanted[0] && wanted.every((want, offset) => ends[place + offset] === want) ? [place] : [],
  )
}

/** No trailing blanks, one line end at the end. */
function tidy(source: string): string {
  const lines = source.split('\n').map((line) => line.trimEnd())
  return `${lines.join('\n').replace(/^\n+/, '').trimEnd()}\n`
}
