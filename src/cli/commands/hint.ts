import { Command } from '@commander-js/extra-typings'
import type { Context } from '../context.ts'
import { hintRun } from '../hint-run.ts'
import { DEFAULT_RUNS } from '../run-place.ts'

export function hintCommand(context: Context) {
  return new Command('hint')
    .description('Say something to the team of a run; the Analyst reads it before its next choice')
    .argument('<run>', 'folder of the run, or enough of its name')
    .argument('<text>', 'what you want to say')
    .option('--out <dir>', 'where runs lie', DEFAULT_RUNS)
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', '\nExample:\n  improve hint 7f3a "the two shoe classes differ by the height of the shaft"')
    .action((run, text, options) => hintRun({ run, text, ...options }, context))
}
