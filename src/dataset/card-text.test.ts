import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { temporaryFolder, writeStaged } from '../../tests/support/staged-dataset.ts'
import { datasetSchema } from '../core/dataset.ts'
import type { Card } from '../core/card.ts'
import { renderCard, renderCardSummary } from './card-text.ts'
import { layout } from './staged-dataset.ts'

const range = { min: 2, median: 2, max: 2 }
const WORDS = { name: 'pets', testOpens: 'option', quarantine: '/cache/k/quarantine.jsonl' } as const
const CARD: Card = {
  version: 1,
  name: 'pets',
  imageCount: 24,
  classes: Array.from({ length: 40 }, (_, index) => ({
    name: index === 0 ? 'e\u202evil\u001b[2J' : `class ${index}`,
    count: 100 - index,
  })),
  perPart: {},
  imbalance: 1.64,
  sizes: { width: { min: 10, median: 300, max: 4000 }, height: range, aspect: { min: 1, max: 2 } },
  storedShape: null,
  edge: 96,
  channels: 3,
  mean: [0.5, 0.4, 0.3],
  std: [0.1, 0.2, 0.3],
  formats: { JPEG: 20, PNG: 4 },
  duplicates: { identicalGroups: 1, identicalImages: 2, nearGroups: 0, nearImages: 0, conflictingLabels: 0, droppedFromTrain: 0 },
  quarantined: { count: 1, examples: [{ path: 'a/broken.jpg', reason: 'the file is cut off' }] },
  stray: { count: 3, examples: [] },
  groups: { origin: 'found', count: 20, largest: 2 },
  scheme: 'pooled',
  testOrigin: 'sealed',
  ownSplits: ['train'],
  warnings: [
    'The images differ much in size: short sides of 10 to 4,000 pixels, which is worth a look before anything is trained.',
  ],
}

async function facts() {
  const folder = await temporaryFolder()
  await writeStaged(folder)
  return datasetSchema.parse(JSON.parse(await readFile(layout.facts(folder), 'utf8')))
}

test('the card fits into 80 columns and shows no control or direction character', async () => {
  const text = renderCard(CARD, await facts(), WORDS)
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
  for (const character of ['\u202e', '\u001b']) expect(text).not.toContain(character)
})

test('of many classes the largest and the smallest are shown, and how many are not', async () => {
  const text = renderCard(CARD, await facts(), WORDS)
  expect(text).toContain('class 1 ')
  expect(text).toContain('class 39 ')
  expect(text).toContain('… 32 more classes')
  expect(text).not.toContain('class 20 ')
})

test('the card says what cannot be told from luck, what was left out and what looks wrong', async () => {
  const text = renderCard(CARD, await facts(), WORDS)
  expect(text).toContain('differences below 12.8 points cannot be told from luck')
  expect(text).toContain('a/broken.jpg: the file is cut off')
  expect(text).toContain('3 other files')
  expect(text).toContain('warning       The images differ much in size')
})

test('the summary names dataset, val, test, gain and warnings', async () => {
  const labels = renderCardSummary(CARD, await facts(), WORDS)
    .split('\n')
    .filter((line) => !line.startsWith(' '))
    .map((line) => line.split(' ')[0])
  expect(labels).toEqual(['dataset', 'val', 'test', 'gain', 'warning'])
})

test('a single group is one group, no copies are none, and what was set aside stands indented under its row', async () => {
  const one = renderCard(CARD, await facts(), WORDS)
  expect(one).toContain('2 images in 1 group of identical ones; groups stay in one split')
  expect(one).toContain('\n  a/broken.jpg: the file is cut off\n')
  const none = { ...CARD.duplicates, identicalGroups: 0, identicalImages: 0 }
  expect(renderCard({ ...CARD, duplicates: none, imbalance: 1.02 }, await facts(), WORDS)).toMatch(
    /imbalance +none\n[^]*duplicates +none\n/,
  )
})

test('the card says where all that could not be read is listed, and nothing of it where all could', async () => {
  expect(renderCard(CARD, await facts(), WORDS)).toContain('\nall of them   in /cache/k/quarantine.jsonl\n')
  const whole = { ...CARD, quarantined: { count: 0, examples: [] } }
  expect(renderCard(whole, await facts(), WORDS)).not.toContain('quarantine.jsonl')
})

test.each([
  ['option', 'sealed until --open-test'],
  ['end-of-run', 'sealed until the end of the run, which opens it once'],
  ['later', 'sealed until improve try --open-test or the end of improve run'],
] as const)('what opens the test is told as it is where the card is shown: %s', async (testOpens, text) => {
  const sealed = { ...(await facts()), testOrigin: 'sealed' as const }
  for (const card of [renderCard(CARD, sealed, { ...WORDS, testOpens }), renderCardSummary(CARD, sealed, { ...WORDS, testOpens })])
    expect(card.replaceAll(/\s+/g, ' ')).toContain(text)
})
