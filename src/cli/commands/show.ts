import { Command } from '@commander-js/extra-typings'
import type { Context } from '../context.ts'
import { DEFAULT_RUNS } from '../run-place.ts'
import { parseTrial } from '../parse-trial.ts'
import { showRun } from '../show-run.ts'

export function showCommand(context: Context) {
  return new Command('show')
    .description('Show a run: what was asked, its trials and decisions, lessons, best; or one trial')
    .argument('<run>', 'folder of the run, or enough of its name')
    .argument('[trial]', 'number of a trial; 0 is the baseline', parseTrial)
    .option('--out <dir>', 'where runs lie', DEFAULT_RUNS)
    .option('--json', 'print one JSON object')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', '\nExamples:\n  improve show 2026-03-05-flowers-7f3a\n  improve show 7f3a 4')
    .action((run, trial, options) => showRun({ run, trial, ...options }, context))
}
