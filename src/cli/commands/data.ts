import { Command } from '@commander-js/extra-typings'
import { basename } from 'node:path'
import { quoteForShell } from '../../core/format.ts'
import { smallestVisibleGain } from '../../core/statistics.ts'
import { valCount } from '../../core/dataset.ts'
import { layout, readCard, renderCard } from '../../dataset/index.ts'
import { checkSource, parseGroups } from '../check-paths.ts'
import { composeParts } from '../compose.ts'
import type { Context } from '../context.ts'
import { stageDataset } from '../stage-dataset.ts'

export function dataCommand(context: Context) {
  return new Command('data')
    .description('Show the dataset card: what is in a folder of images, how it is split, what looks wrong')
    .argument('<dataset>', 'folder with one folder of images per class, or a zip of it')
    .option('--groups <regex|file>', 'keep together what this pattern or CSV file (path,group) puts in one group')
    .option('--json', 'print one JSON object')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', "\nExamples:\n  improve data ./my-images\n  improve data ./scans --groups '(patient[0-9]+)'")
    .action(async (dataset, options) => {
      const source = checkSource(dataset, context.terminal.cwd)
      const groups = parseGroups(options.groups, context.terminal.cwd)
      const parts = await composeParts(context, 'own-code')
      const staged = await stageDataset(context, parts, source, groups)
      const card = await readCard(staged.folder)
      if (options.json === true) {
        const gain = smallestVisibleGain(valCount(staged.facts), 1)
        context.terminal.print(
          JSON.stringify({ ...card, name: basename(source), smallestVisibleGain: gain, folder: staged.folder }, null, 2),
        )
      } else {
        const words = { name: basename(source), testOpens: 'later', quarantine: layout.quarantine(staged.folder) } as const
        context.terminal.print(renderCard(card, staged.facts, words))
        context.terminal.note(
          `next: improve try ${quoteForShell(dataset)}${options.groups === undefined ? '' : ` --groups ${quoteForShell(options.groups)}`} --seconds 60`,
        )
      }
    })
}
