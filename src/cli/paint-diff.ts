import { printable } from '../core/names.ts'

const COLORS = { red: 31, green: 32, cyan: 36, bold: 1 } as const

/** A diff in the colours of `git diff`. Signs that a terminal would act on are shown as question marks. */
export function paintDiff(diff: string): string {
  return diff
    .split('\n')
    .map((line) => color(printable(line, Number.MAX_SAFE_INTEGER)))
    .join('\n')
}

function color(line: string): string {
  const wrap = (code: number) => `\u001b[${code}m${line}\u001b[0m`
  if (line.startsWith('+++') || line.startsWith('---')) return wrap(COLORS.bold)
  if (line.startsWith('@@')) return wrap(COLORS.cyan)
  if (line.startsWith('+')) return wrap(COLORS.green)
  return line.startsWith('-') ? wrap(COLORS.red) : line
}
