import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { COMPONENTS } from '../core/pipeline.ts'
import { layout, renderCard } from '../dataset/index.ts'
import { hashText } from '../files/hash.ts'
import type { Trial, TrialRun } from './trial.ts'

/** Writes what was asked (run.json), what came of it (outcome.json) and the card into the result folder. */
export async function writeTrial(trial: Trial, runs: readonly TrialRun[], openings: number | null): Promise<void> {
  const write = (name: string, value: unknown) => writeFile(join(trial.folder, name), `${JSON.stringify(value, null, 2)}\n`)
  await write('run.json', describeRun(trial))
  await write('outcome.json', { runs, testOpenings: openings })
  const quarantine = layout.quarantine(trial.dataset.folder)
  const words = { name: basename(trial.source), testOpens: 'option', quarantine } as const
  await writeFile(join(trial.folder, 'card.txt'), `${renderCard(trial.card, trial.dataset.facts, words)}\n`)
}

function describeRun({ options, source, dataset, chosen, machine, parts, version }: Trial): unknown {
  return {
    version: 1,
    command: 'try',
    versions: { improve: version, node: process.version, torch: parts.torchVersion },
    dataset: { source, key: dataset.key, contentHash: dataset.facts.contentHash, scheme: dataset.facts.scheme },
    pipeline: {
      name: chosen.name,
      sha256: Object.fromEntries(COMPONENTS.map((component) => [component, hashText(chosen.pipeline[component])])),
    },
    options,
    machine,
    sandbox: { level: parts.python.sandbox.level, description: parts.python.sandbox.description },
  }
}
