import { mkdir } from 'node:fs/promises'
import type { Card } from '../core/card.ts'
import { valCount } from '../core/dataset.ts'
import { smallestVisibleGain } from '../core/statistics.ts'
import { layout, renderCard } from '../dataset/index.ts'
import type { CachedDataset } from '../dataset/index.ts'
import { writeAtomic } from '../files/index.ts'
import { runFolder } from '../journal/index.ts'

/** The dataset card of a run, as data and as text. */
export async function writeCardFiles(folder: string, card: Card, dataset: CachedDataset): Promise<void> {
  const paths = runFolder(folder)
  await mkdir(paths.dataset, { recursive: true })
  const gain = smallestVisibleGain(valCount(dataset.facts), 1)
  await writeAtomic(paths.card, `${JSON.stringify({ ...card, smallestVisibleGain: gain }, null, 2)}\n`)
  const words = { name: card.name, testOpens: 'end-of-run', quarantine: layout.quarantine(dataset.folder) } as const
  await writeAtomic(paths.cardText, `${renderCard(card, dataset.facts, words)}\n`)
}
