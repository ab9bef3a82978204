/** Columns that a line of rendered Python may have. */
export const COLUMNS = 132

/** A docstring of one sentence, or of a sentence and paragraphs, indented and wrapped. */
export function docstring(indent: string, summary: string, ...paragraphs: readonly string[]): string {
  const single = `${indent}"""${summary}"""`
  if (paragraphs.length === 0 && single.length <= COLUMNS) return single
  const texts = [`"""${summary}`, ...paragraphs].map((text) => wrap(text, COLUMNS - indent.length - 3).map((line) => indent + line))
  return [
    ...texts
      .map((lines) => lines.join('\n'))
      .join('\n\n')
      .split('\n'),
    `${indent}"""`,
  ].join('\n')
}

/** `NAME = value  # comment`, the comment above where the line would be too long. */
export function constant(name: string, value: string | number, comment: string): string {
  const assignment = `${name} = ${value}`
  const single = `${assignment}  # ${comment}`
  return single.length <= COLUMNS ? single : [...commentLines('', comment), assignment].join('\n')
}

export function commentLines(indent: string, text: string): string[] {
  return wrap(text, COLUMNS - indent.length - 2).map((line) => `${indent}# ${line}`)
}

/** `head(a, b, c)`, one argument a line where it does not fit into one. */
export function call(indent: string, head: string, args: readonly string[]): string {
  const single = `${indent}${head}(${args.join(', ')})`
  if (single.length <= COLUMNS) return single
  return [`${indent}${head}(`, ...args.map((argument) => `${indent}    ${argument},`), `${indent})`].join('\n')
}

/** A tuple of numbers: "(16, 48, 96)", "(16,)". */
export function tuple(values: readonly number[]): string {
  return values.length === 1 ? `(${values[0]},)` : `(${values.join(', ')})`
}

/** "2" as "two", up to ten. */
export function inWords(count: number): string {
  return ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'][count] ?? String(count)
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (longer.length > columns && line !== '') {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}
