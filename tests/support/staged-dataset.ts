import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { layout } from '../../src/dataset/index.ts'

const CLASSES = ['cat', 'dog']
const SIDE = 2

/** A folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'improve-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export type StagedOptions = {
  readonly scheme?: 'fixed' | 'rotating' | 'pooled'
  readonly perPart?: number
  readonly pixelHashes?: (part: string, row: number) => string
  /** Group numbers; each image has its own where none is given. */
  readonly groups?: (part: string, row: number) => number | undefined
  readonly copyGroups?: (part: string, row: number) => number | undefined
  readonly tornGroups?: number
}

/** Writes a staged dataset of grey 2 x 2 pictures in two classes, as `prepare` would. */
export async function writeStaged(
  folder: string,
  { scheme = 'pooled', perPart = 4, pixelHashes, groups, copyGroups, tornGroups = 0 }: StagedOptions = {},
): Promise<void> {
  const inner = scheme === 'fixed' ? ['train', 'val'] : ['fold0', 'fold1', 'fold2', 'fold3', 'fold4']
  const parts: Record<string, unknown> = {}
  const items: string[] = []
  for (const part of [...inner, 'test']) {
    parts[part] = await writePart(folder, part, perPart)
    for (let row = 0; row < perPart; row++) {
      const pixelHash = pixelHashes?.(part, row) ?? sha256(Buffer.from(`${part} ${row}`))
      items.push(
        JSON.stringify({
          part,
          row,
          path: `${part}-${row}.png`,
          sha256: sha256(Buffer.from(`file ${part} ${row}`)),
          pixelHash,
          label: row % 2,
          group: groups?.(part, row) ?? items.length,
          copyGroup: copyGroups?.(part, row) ?? items.length,
          width: SIDE,
          height: SIDE,
        }),
      )
    }
  }
  const folds = await Promise.all(
    (scheme === 'fixed' ? ['val'] : inner).map(async (val, number) => ({
      train: inner.filter((part) => part !== val),
      val,
      dev: await writeHashed(layout.dev(folder, number), int32([0, 1])),
    })),
  )
  const facts = {
    version: 2,
    name: 'pets',
    contentHash: sha256(Buffer.from('content')),
    classes: CLASSES,
    channels: 1,
    edge: null,
    uniformShape: [SIDE, SIDE],
    scheme,
    testOrigin: 'sealed',
    tornGroups,
    parts,
    folds,
    sha256: {
      items: await writeHashed(layout.items(folder), Buffer.from(`${items.join('\n')}\n`)),
      quarantine: await writeHashed(layout.quarantine(folder), Buffer.alloc(0)),
      card: await writeHashed(layout.card(folder), Buffer.from('{}')),
    },
  }
  await writeFile(layout.facts(folder), JSON.stringify(facts))
}

/** Writes the items of a staged dataset anew, with their hash. */
export async function replaceItems(folder: string, items: readonly string[]): Promise<void> {
  const facts = JSON.parse(await readFile(layout.facts(folder), 'utf8'))
  facts.sha256.items = await writeHashed(layout.items(folder), Buffer.from(`${items.join('\n')}\n`))
  await writeFile(layout.facts(folder), JSON.stringify(facts))
}

async function writePart(folder: string, part: string, count: number): Promise<unknown> {
  const rows = Array.from({ length: count }, (_, row) => row)
  const pixelCount = count * SIDE * SIDE
  return {
    count,
    classCounts: [rows.filter((row) => row % 2 === 0).length, rows.filter((row) => row % 2 === 1).length],
    channelSums: [pixelCount / 2],
    channelSquareSums: [pixelCount / 3],
    pixelCount,
    sha256: {
      pixels: await writeHashed(layout.pixels(folder, part), Buffer.alloc(pixelCount, 128)),
      shapes: await writeHashed(layout.shapes(folder, part), int32(rows.flatMap(() => [SIDE, SIDE]))),
      labels: await writeHashed(layout.labels(folder, part), int32(rows.map((row) => row % 2))),
    },
  }
}

async function writeHashed(path: string, bytes: Buffer): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, bytes)
  return sha256(bytes)
}

function int32(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => bytes.writeInt32LE(value, index * 4))
  return bytes
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
