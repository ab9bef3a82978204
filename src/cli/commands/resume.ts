import { Command } from '@commander-js/extra-typings'
import type { Context } from '../context.ts'
import { EXIT } from '../print-error.ts'
import { resumeRun } from '../resume-run.ts'

export function resumeCommand(context: Context) {
  return new Command('resume')
    .description('Go on with a run where it stopped; nothing that was scored is trained again')
    .argument('<run>', 'folder of the run, or enough of its name')
    .option('--out <dir>', 'where runs lie', 'improve-runs')
    .option('--unsafe-no-sandbox', 'run code without a sandbox: it can read and change your files')
    .option('--json', 'print events as JSON lines')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', '\nExamples:\n  improve resume 2026-03-05-flowers-7f3a\n  improve resume 7f3a')
    .action(async (run, options) => {
      const isDone = await resumeRun({ run, ...options }, context)
      if (!isDone) context.exit.code = EXIT.failed
    })
}
