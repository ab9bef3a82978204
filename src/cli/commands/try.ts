import { Command } from '@commander-js/extra-typings'
import { METRIC_NAMES } from '../../core/outcome.ts'
import type { Context } from '../context.ts'
import { EXIT } from '../print-error.ts'
import { parseMetric, parseSeconds, parseSeed, parseSeedCount, parseThreads } from '../options.ts'
import { runTry } from '../run-try.ts'

export function tryCommand(context: Context) {
  return new Command('try')
    .description('Train and score one pipeline: the default one, or three files of your own')
    .argument('<dataset>', 'folder with one folder of images per class, or a zip of it')
    .option('--pipeline <dir>', 'folder with data.py, model.py and training.py (default: chosen from the images)')
    .option('--seconds <n>', 'wall seconds of training per seed, all folds together', parseSeconds, 60)
    .option('--seed <n>', 'seed of the training', parseSeed, 0)
    .option('--seeds <k>', 'train with this many seeds, from --seed on, and report mean and spread', parseSeedCount, 1)
    .option('--threads <n>', 'CPU threads of one training (default: all); with fewer, seeds run side by side', parseThreads)
    .option('--metric <name>', METRIC_NAMES.join(', '), parseMetric, 'accuracy')
    .option('--groups <regex|file>', 'keep together what this pattern or CSV file (path,group) puts in one group')
    .option('--open-test', 'score the sealed test at the end; every opening is counted')
    .option('--refit', 'train once more on all images but the test: that model is shipped and meets the test')
    .option('--out <dir>', 'where the result folder is made', 'improve-runs')
    .option('--unsafe-no-sandbox', 'run code without a sandbox: it can read and change your files')
    .option('--json', 'print one JSON object')
    .helpOption('-h, --help', 'print help')
    .addHelpText(
      'after',
      '\nExamples:\n  improve try ./my-images\n  improve try ./my-images --pipeline ./mine --seconds 300 --seeds 3',
    )
    .action(async (dataset, options) => {
      const isScored = await runTry({ dataset, ...options }, context)
      if (!isScored) context.exit.code = EXIT.failed
    })
}
