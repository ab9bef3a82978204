import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { replaceItems, temporaryFolder, writeStaged } from '../../tests/support/staged-dataset.ts'
import { hashText } from '../files/hash.ts'
import { openDataset } from './dataset-cache.ts'
import { layout } from './staged-dataset.ts'

type World = { readonly root: string; readonly source: string; readonly cache: string; prepareCount: number }

async function makeWorld(): Promise<World> {
  const root = await temporaryFolder()
  const source = join(root, 'images')
  await mkdir(source)
  for (const name of ['a.png', 'b.png']) await writeFile(join(source, name), `pixels of ${name}`)
  return { root, source, cache: join(root, 'cache'), prepareCount: 0 }
}

/** Stages a dataset whose items are the two files of the source. */
async function prepareInto(world: World, source: string, folder: string): Promise<void> {
  world.prepareCount++
  await writeStaged(folder)
  const lines = (await readFile(layout.items(folder), 'utf8')).trim().split('\n')
  const items = await Promise.all(
    lines.map(async (line, index) => {
      const path = index % 2 === 0 ? 'a.png' : 'b.png'
      const sha256 = createHash('sha256')
        .update(await readFile(join(source, path)))
        .digest('hex')
      return JSON.stringify({ ...JSON.parse(line), path, sha256 })
    }),
  )
  await replaceItems(folder, items)
}

function open(world: World, options: unknown = {}, source = world.source) {
  const prepare = (folder: string) => prepareInto(world, source, folder)
  return openDataset({ source, options, cache: world.cache, prepare, onWait: () => {}, signal: new AbortController().signal })
}

test('the same images at two paths, staged at the same time, become one staged dataset', async () => {
  const world = await makeWorld()
  const copies = await Promise.all(
    [1, 2, 3, 4].map(async (number) => {
      const copy = join(world.root, String(number), 'images')
      await cp(world.source, copy, { recursive: true })
      return copy
    }),
  )
  const opened = await Promise.all(copies.map((copy) => open(world, {}, copy)))
  expect(new Set(opened.map((dataset) => dataset.folder)).size).toBe(1)
  expect(existsSync(layout.facts(opened[0]?.folder ?? ''))).toBe(true)
})

test('an index that is no JSON counts as none', async () => {
  const world = await makeWorld()
  await open(world)
  const [index = ''] = await readdir(join(world.cache, 'sources'))
  await writeFile(join(world.cache, 'sources', index), '{"key":')
  expect((await open(world)).origin).toBe('prepared')
})

test('an unchanged folder is not prepared again', async () => {
  const world = await makeWorld()
  const first = await open(world)
  const second = await open(world)
  expect([first.origin, second.origin]).toEqual(['prepared', 'unchanged'])
  expect(second.folder).toBe(first.folder)
  expect(world.prepareCount).toBe(1)
})

test('files with new times and the same content are not prepared again, and are known from then on', async () => {
  const world = await makeWorld()
  await open(world)
  await utimes(join(world.source, 'a.png'), 1, 1)
  expect((await open(world)).origin).toBe('same content')
  expect((await open(world)).origin).toBe('unchanged')
  expect(world.prepareCount).toBe(1)
})

test('a file whose content changed without its size is prepared again', async () => {
  const world = await makeWorld()
  await open(world)
  await writeFile(join(world.source, 'a.png'), 'PIXELS of a.png')
  await utimes(join(world.source, 'a.png'), 1, 1)
  expect((await open(world)).origin).toBe('prepared')
})

test('a new file is prepared again', async () => {
  const world = await makeWorld()
  await open(world)
  await writeFile(join(world.source, 'c.png'), 'x')
  expect((await open(world)).origin).toBe('prepared')
})

test('other options make another staged dataset', async () => {
  const world = await makeWorld()
  const first = await open(world, { groups: null })
  const second = await open(world, { groups: 'x' })
  expect(second.key).not.toBe(first.key)
})

test('the same images at another path share one staged dataset', async () => {
  const world = await makeWorld()
  const first = await open(world)
  const copy = join(world.root, 'copy')
  await cp(world.source, copy, { recursive: true })
  const second = await open(world, {}, copy)
  expect(second.folder).toBe(first.folder)
})

test('a deleted staged dataset is made again', async () => {
  const world = await makeWorld()
  const { folder } = await open(world)
  await rm(folder, { recursive: true })
  expect((await open(world)).origin).toBe('prepared')
})

test('what an earlier version staged is prepared anew, not read', async () => {
  const world = await makeWorld()
  const first = await open(world)
  // The names of an earlier version have another number in them, so that only its leftovers can lie at these.
  const text = await readFile(layout.facts(first.folder), 'utf8')
  const name = hashText(JSON.stringify([1, world.source, {}])).slice(0, 32)
  const [index = ''] = await readdir(join(world.cache, 'sources'))
  const old = join(world.cache, 'a'.repeat(32))
  await cp(first.folder, old, { recursive: true })
  await writeFile(layout.facts(old), text.replace('"version":2', '"version":1'))
  const entry = JSON.parse(await readFile(join(world.cache, 'sources', index), 'utf8'))
  await writeFile(join(world.cache, 'sources', `${name}.json`), JSON.stringify({ ...entry, key: 'a'.repeat(32) }))
  await rm(join(world.cache, 'sources', index))
  await rm(first.folder, { recursive: true })
  expect(await open(world)).toMatchObject({ origin: 'prepared', facts: { version: 2 } })
})

test('what a killed preparation left behind is removed by the next', async () => {
  const world = await makeWorld()
  const { key } = await open(world)
  const [index = ''] = await readdir(join(world.cache, 'sources'))
  const left = join(world.cache, 'unfinished', basename(index, '.json'))
  await mkdir(left)
  await writeFile(join(left, 'half-written'), 'x')
  expect((await open(world)).key).toBe(key)
  expect(existsSync(left)).toBe(false)
})

test('a preparation that fails leaves nothing', async () => {
  const world = await makeWorld()
  const request = { source: world.source, options: {}, cache: world.cache, onWait: () => {}, signal: new AbortController().signal }
  const failing = openDataset({ ...request, prepare: () => Promise.reject(new Error('broken image')) })
  await expect(failing).rejects.toThrow('broken image')
  expect(await readdir(join(world.cache, 'unfinished'))).toEqual([])
  expect((await open(world)).origin).toBe('prepared')
})

test('two that ask at the same time prepare once', async () => {
  const world = await makeWorld()
  const prepare = async (folder: string) => {
    await sleep(50)
    await prepareInto(world, world.source, folder)
  }
  const request = {
    source: world.source,
    options: {},
    cache: world.cache,
    prepare,
    onWait: () => {},
    signal: new AbortController().signal,
  }
  const origins = await Promise.all([openDataset(request), openDataset(request)])
  expect(origins.map(({ origin }) => origin).toSorted()).toEqual(['prepared', 'unchanged'])
  expect(world.prepareCount).toBe(1)
})

test('10,000 unchanged files are recognised in less than a second', async () => {
  const world = await makeWorld()
  for (let index = 0; index < 10_000; index++) await writeFile(join(world.source, `${index}.png`), '')
  await open(world)
  const started = performance.now()
  expect((await open(world)).origin).toBe('unchanged')
  expect(performance.now() - started).toBeLessThan(1000)
})
