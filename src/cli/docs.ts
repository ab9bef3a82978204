import type { Context } from './context.ts'
import { makeProgram } from './program.ts'

const NOWHERE: Context = {
  terminal: { print: () => {}, note: () => {}, redraw: null, columns: 80, hasColors: false, cwd: '/' },
  signal: new AbortController().signal,
  softStop: new AbortController().signal,
  acceptSoftStop: () => {},
  version: '',
  exit: { code: 0 },
}

/** The page docs/cli.md: the help of every command, as it is printed at 80 columns. */
export function renderCliDocs(): string {
  const program = makeProgram(NOWHERE)
  const sections = program.commands.map((command) => {
    command.configureHelp({ helpWidth: 80 })
    let text = ''
    command.configureOutput({ writeOut: (piece) => void (text += piece), getOutHelpWidth: () => 80 })
    command.outputHelp()
    return `## improve ${command.name()}\n\n\`\`\`\n${text.trim()}\n\`\`\``
  })
  return `# Command line

Written by \`node scripts/docs-cli.ts\` from the command definitions in src/cli/commands.

Results go to stdout, progress and diagnosis to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage or images that cannot be
used, 130 interrupted. Only \`improve diff\` uses colour, on a terminal and without \`NO_COLOR\`.

${sections.join('\n\n')}
`
}
