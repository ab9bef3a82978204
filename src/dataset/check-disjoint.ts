import { readFile } from 'node:fs/promises'
import type { DatasetFacts } from '../core/dataset.ts'
import { readItems } from './items.ts'
import type { Item } from './items.ts'
import { layout } from './staged-dataset.ts'

/**
 * Why the splits of a staged dataset overlap, or null. Two parts that share a picture, a near copy of one, or a group of the user
 * would let a pipeline be scored on what it was trained on; no part is in two splits of one fold, so that it is enough to look at
 * parts, and at dev inside the train parts of each fold.
 */
export async function findOverlap(folder: string, facts: DatasetFacts): Promise<string | null> {
  const groups: GroupsOfParts = new Map()
  const found = overlappingFold(facts) ?? (await overlappingParts(folder, facts, groups))
  if (found !== null) return found
  for (const number of facts.folds.keys()) {
    const shared = await overlappingDev(folder, facts, number, groups)
    if (shared !== null) return shared
  }
  return null
}

/** The group of each image of a part, in row order. */
type GroupsOfParts = Map<string, number[]>

function overlappingFold({ folds }: DatasetFacts): string | null {
  const number = folds.findIndex((fold) => new Set([...fold.train, fold.val, 'test']).size < fold.train.length + 2)
  return number === -1 ? null : `fold ${number} of dataset.json has a part in two splits`
}

/** Fills `groups`. A group that the user's own splits tear apart is counted, not refused: those splits are kept as they are. */
async function overlappingParts(folder: string, facts: DatasetFacts, groups: GroupsOfParts): Promise<string | null> {
  const seen = { pixels: new Map<string, string>(), copies: new Map<number, string>(), groups: new Map<number, string>() }
  const torn = new Set<number>()
  for await (const item of readItems(layout.items(folder))) {
    const other = elsewhere(seen.pixels, item.pixelHash, item) ?? elsewhere(seen.copies, item.copyGroup, item)
    if (other !== null) return `the picture ${item.path} is in the parts ${other} and ${item.part}, as itself or as a near copy`
    const otherPart = elsewhere(seen.groups, item.group, item)
    if (otherPart !== null) {
      const mayBeTorn = facts.tornGroups > 0 && (facts.scheme === 'fixed' || item.part === 'test')
      if (!mayBeTorn) return `the group of ${item.path} is in the parts ${otherPart} and ${item.part}`
      torn.add(item.group)
    }
    const rows = groups.get(item.part) ?? []
    groups.set(item.part, rows)
    rows.push(item.group)
  }
  if (torn.size !== facts.tornGroups) return `${torn.size} groups lie in two parts, expected ${facts.tornGroups}`
  return countedWrong(facts, groups)
}

/** The other part that holds the same; notes the part of what is met first. */
function elsewhere<Key>(partOf: Map<Key, string>, key: Key, { part }: Item): string | null {
  const other = partOf.get(key)
  if (other === undefined) partOf.set(key, part)
  return other === undefined || other === part ? null : other
}

function countedWrong(facts: DatasetFacts, groups: GroupsOfParts): string | null {
  for (const [name, { count }] of Object.entries(facts.parts)) {
    const listed = groups.get(name)?.length ?? 0
    if (listed !== count) return `items.jsonl lists ${listed} images of ${name}, expected ${count}`
  }
  return null
}

async function overlappingDev(folder: string, facts: DatasetFacts, number: number, groups: GroupsOfParts): Promise<string | null> {
  const trained = (facts.folds[number]?.train ?? []).flatMap((name) => groups.get(name) ?? [])
  const bytes = await readFile(layout.dev(folder, number))
  const isDev = new Uint8Array(trained.length)
  for (let offset = 0; offset < bytes.length; offset += 4) isDev[bytes.readInt32LE(offset)] = 1
  const dev = new Set(trained.filter((_, row) => isDev[row] === 1))
  const row = trained.findIndex((group, index) => isDev[index] === 0 && dev.has(group))
  return row === -1 ? null : `row ${row} of the train parts of fold ${number} has its group in dev too`
}
