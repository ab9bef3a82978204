import { Command } from '@commander-js/extra-typings'
import type { Context } from '../context.ts'
import { runDoctor } from '../run-doctor.ts'
import { EXIT } from '../print-error.ts'

export function doctorCommand(context: Context) {
  return new Command('doctor')
    .description('Check Node, Python, torch, the sandbox, memory and disk; with --llm also a language model')
    .option('--llm <model>', 'ask this language model a few tiny questions: openai:NAME, ollama:NAME, …')
    .option('--base-url <url>', 'address of an OpenAI-compatible endpoint')
    .option('--json', 'print one JSON object')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', '\nExamples:\n  improve doctor\n  improve doctor --json\n  improve doctor --llm openai:MODEL')
    .action(async ({ json, llm, baseUrl }) => {
      if (!(await runDoctor(context, { json: json === true, llm, baseUrl }))) context.exit.code = EXIT.failed
    })
}
