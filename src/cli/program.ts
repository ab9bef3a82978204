import { Command } from '@commander-js/extra-typings'
import { compareCommand } from './commands/compare.ts'
import { dataCommand } from './commands/data.ts'
import { doctorCommand } from './commands/doctor.ts'
import { diffCommand } from './commands/diff.ts'
import { hintCommand } from './commands/hint.ts'
import { listCommand } from './commands/list.ts'
import { predictCommand } from './commands/predict.ts'
import { resumeCommand } from './commands/resume.ts'
import { runCommand } from './commands/run.ts'
import { showCommand } from './commands/show.ts'
import { stopCommand } from './commands/stop.ts'
import { tryCommand } from './commands/try.ts'
import type { Context } from './context.ts'

/** All commands as data: parsing, help and docs/cli.md come from here. */
export function makeProgram(context: Context): Command {
  const program = new Command('improve')
    .description('Train an image classifier from a folder of labelled images, with an honest report.')
    .version(context.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .addHelpText('after', '\nStart here:  improve run ./my-images --time 20m')
  for (const command of [
    runCommand(context),
    resumeCommand(context),
    stopCommand(context),
    hintCommand(context),
    listCommand(context),
    showCommand(context),
    diffCommand(context),
    compareCommand(context),
    tryCommand(context),
    predictCommand(context),
    dataCommand(context),
    doctorCommand(context),
  ]) {
    program.addCommand(command)
  }
  return program
}
