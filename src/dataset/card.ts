import { readFile } from 'node:fs/promises'
import { cardSchema } from '../core/card.ts'
import type { Card } from '../core/card.ts'
import { layout } from './staged-dataset.ts'

export async function readCard(folder: string): Promise<Card> {
  return cardSchema.parse(JSON.parse(await readFile(layout.card(folder), 'utf8')))
}
