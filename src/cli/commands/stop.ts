import { Command } from '@commander-js/extra-typings'
import type { Context } from '../context.ts'
import { DEFAULT_RUNS } from '../run-place.ts'
import { stopRun } from '../stop-run.ts'

export function stopCommand(context: Context) {
  return new Command('stop')
    .description('Ask a run that is at work to stop when its training has ended; asked again, it stops at once')
    .argument('<run>', 'folder of the run, or enough of its name')
    .option('--out <dir>', 'where runs lie', DEFAULT_RUNS)
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', '\nExamples:\n  improve stop 2026-03-05-flowers-7f3a\n  improve stop 7f3a')
    .action((run, options) => stopRun({ run, ...options }, context))
}
