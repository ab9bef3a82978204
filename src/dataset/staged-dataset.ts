import { join } from 'node:path'
import type { DatasetFacts } from '../core/dataset.ts'

/** A staged dataset on disk, checked. */
export type StagedDataset = { readonly folder: string; readonly facts: DatasetFacts }

/** Where the files of a staged dataset lie: the one place in TypeScript that spells its layout. */
export const layout = {
  facts: (folder: string) => join(folder, 'dataset.json'),
  card: (folder: string) => join(folder, 'card.json'),
  items: (folder: string) => join(folder, 'items.jsonl'),
  quarantine: (folder: string) => join(folder, 'quarantine.jsonl'),
  pixels: (folder: string, part: string) => join(folder, 'parts', part, 'pixels.u8'),
  shapes: (folder: string, part: string) => join(folder, 'parts', part, 'shapes.i32'),
  labels: (folder: string, part: string) => join(folder, 'labels', `${part}.i32`),
  dev: (folder: string, fold: number) => join(folder, 'dev', `${fold}.i32`),
}
