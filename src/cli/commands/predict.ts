import { Command, Option } from '@commander-js/extra-typings'
import { FORMATS } from '../answer-text.ts'
import type { Context } from '../context.ts'
import { parseCount } from '../options.ts'
import { EXIT } from '../print-error.ts'
import { runPredict } from '../run-predict.ts'

export function predictCommand(context: Context) {
  return new Command('predict')
    .description('Classify pictures with a trained classifier')
    .argument('<run>', 'folder of a run or a try, its folder best, or a run by name')
    .argument('<pictures...>', 'pictures, folders with pictures, or patterns such as "photos/*.jpg"')
    .option('--top-k <n>', 'show the n likeliest classes of each picture', parseCount, 1)
    .addOption(new Option('--format <name>', 'how the answers are written').choices(FORMATS).default('table'))
    .option('--unsafe-no-sandbox', 'run code without a sandbox: it can read and change your files')
    .helpOption('-h, --help', 'print help')
    .addHelpText(
      'after',
      '\nA picture that cannot be read gives a line with the reason.\n' +
        '\nExamples:\n  improve predict improve-runs/2026-03-05-flowers-7f3a photo.jpg' +
        '\n  improve predict best ./new-photos --top-k 3 --format csv > answers.csv',
    )
    .action(async (classifier, pictures, options) => {
      const isAnyRead = await runPredict({ classifier, pictures, ...options }, context)
      if (!isAnyRead) context.exit.code = EXIT.failed
    })
}
