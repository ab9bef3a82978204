import { Command } from '@commander-js/extra-typings'
import type { Context } from '../context.ts'
import { DEFAULT_RUNS } from '../run-place.ts'
import { parseTrial } from '../parse-trial.ts'
import { showDiff } from '../show-diff.ts'

export function diffCommand(context: Context) {
  return new Command('diff')
    .description('Show what a trial changed in the code, why, and what that was worth')
    .argument('<run>', 'folder of the run, or enough of its name')
    .argument('[trial]', 'number of a trial, against its base (default: the best against the baseline)', parseTrial)
    .option('--out <dir>', 'where runs lie', DEFAULT_RUNS)
    .option('--json', 'print one JSON object')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', '\nExamples:\n  improve diff 2026-03-05-flowers-7f3a\n  improve diff 7f3a 4')
    .action((run, trial, options) => showDiff({ run, trial, ...options }, context))
}
