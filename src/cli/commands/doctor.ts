import { Command } from '@commander-js/extra-typings'
import type { Context } from '../context.ts'
import { runDoctor } from '../run-doctor.ts'
import { EXIT } from '../print-error.ts'

export function doctorCommand(context: Context) {
  return new Command('doctor')
    .description('Check Node, Python, torch, the sandbox, memory and disk')
    .option('--json', 'print one JSON object')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', '\nExamples:\n  improve doctor\n  improve doctor --json')
    .action(async ({ json }) => {
      if (!(await runDoctor(context, json === true))) context.exit.code = EXIT.failed
    })
}
