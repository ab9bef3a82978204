import { Command } from '@commander-js/extra-typings'
import { compareRunFolders } from '../compare-runs.ts'
import type { Context } from '../context.ts'
import { DEFAULT_RUNS } from '../run-place.ts'

export function compareCommand(context: Context) {
  return new Command('compare')
    .description('Compare runs on the same images: test, proposals, cost, components, best so far')
    .argument('<runs...>', 'folders of runs, or enough of their names; runs that differ in the seed alone are one group')
    .option('--out <dir>', 'where runs lie', DEFAULT_RUNS)
    .option('--html <file>', 'also write a page with the curves by proposal, by second and by dollar')
    .option('--force', 'compare runs with other images, metric or training seconds, and mark them')
    .option('--json', 'print one JSON object')
    .helpOption('-h, --help', 'print help')
    .addHelpText(
      'after',
      '\nA margin over the playbook is taken against the first group of it that is named.\n' +
        '\nExamples:\n  improve compare 7f3a 0b0b\n  improve compare improve-runs/*flowers* --html compare.html',
    )
    .action((runs, options) => compareRunFolders({ runs, ...options }, context))
}
