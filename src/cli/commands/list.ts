import { Command } from '@commander-js/extra-typings'
import type { Context } from '../context.ts'
import { DEFAULT_RUNS } from '../run-place.ts'
import { listRuns } from '../list-runs.ts'

export function listCommand(context: Context) {
  return new Command('list')
    .description('List the runs of a folder, newest first')
    .option('--out <dir>', 'where runs lie', DEFAULT_RUNS)
    .option('--json', 'print one JSON array')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', '\nExamples:\n  improve list\n  improve list --out /data/runs --json')
    .action((options) => listRuns(options, context))
}
