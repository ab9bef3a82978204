import { appendFile, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bundleRequest, METRICS } from '../../tests/support/bundle.ts'
import { temporaryFolder } from '../../tests/support/staged-dataset.ts'
import { hashFile } from '../files/hash.ts'
import { readBundle, writeBundle } from './bundle.ts'
import { isOwnPipeline } from './own-pipelines.ts'

test('a bundle is read back as it was written, and names all that predicting needs', async () => {
  const request = await bundleRequest({ test: METRICS })
  const { folder, facts } = await writeBundle(request)
  expect(await readBundle(folder)).toEqual({ folder, facts })
  expect(facts).toMatchObject({
    classes: ['cat', 'dog'],
    channels: 1,
    edge: null,
    inputSize: [2, 4],
    info: { ...request.artefact.info, uniformShape: [2, 2], trainCount: 20 },
    machine: request.machine,
    weights: 'refit',
    seed: 7,
    steps: 192,
    figures: [
      { split: 'val', n: 4, chosen: { value: 0.5 }, weights: 'before the refit' },
      { split: 'test', n: 4, chosen: { value: 0.5 }, weights: 'these' },
    ],
    files: { 'weights.safetensors': request.artefact.sha256 },
  })
  const listing = await readdir(folder, { recursive: true })
  expect(listing.toSorted()).toEqual([
    'README.md',
    'bundle.json',
    'pipeline',
    'pipeline/data.py',
    'pipeline/model.py',
    'pipeline/training.py',
    'weights.safetensors',
  ])
})

test('the page of a bundle says what it is, what it scored on how many images, and whether the test is still sealed', async () => {
  const { folder } = await writeBundle(await bundleRequest({ name: 'my `pets`' }))
  const page = await readFile(join(folder, 'README.md'), 'utf8')
  expect(page).toContain("# Classifier `my 'pets'`")
  expect(page).toContain('a refit: trained for 192 steps on all 20 images')
  expect(page).toContain(
    '| val | 4 | accuracy | 50.0 %  (95 % interval 25.0 to 75.0) | the same pipeline, trained on fewer images |',
  )
  expect(page).toContain('The sealed test has not been opened.')
  expect(page).toContain('improve predict . my-picture.jpg')
})

test('a bundle replaces the one that was there, and leaves nothing beside it', async () => {
  const request = await bundleRequest()
  await mkdir(request.folder)
  await writeFile(join(request.folder, 'old.txt'), 'old')
  await writeBundle(request)
  expect(await readdir(request.folder)).not.toContain('old.txt')
  expect((await readdir(join(request.folder, '..'))).filter((name) => name.startsWith('best'))).toEqual(['best'])
})

test('weights that were changed since they were trained are not shipped', async () => {
  const request = await bundleRequest()
  await appendFile(request.artefact.weights, ' ')
  await expect(writeBundle(request)).rejects.toThrow('were changed')
  await expect(readdir(request.folder)).rejects.toThrow('ENOENT')
})

test('which pipelines are our own is remembered by this machine, not told by the bundle', async () => {
  const request = await bundleRequest()
  const { facts } = await writeBundle(request)
  expect(await isOwnPipeline(request.cache, facts.files)).toBe(true)
  expect(await isOwnPipeline(await temporaryFolder(), facts.files)).toBe(false)
  const other = { ...facts.files, 'pipeline/model.py': '0'.repeat(64) }
  expect(await isOwnPipeline(request.cache, other)).toBe(false)
  const theirs = await writeBundle({ ...request, origin: 'user', cache: await temporaryFolder() })
  expect(await isOwnPipeline(theirs.folder, theirs.facts.files)).toBe(false)
})

test.each([
  [
    'weights that were tampered with',
    (folder: string) => appendFile(join(folder, 'weights.safetensors'), 'x'),
    'weights.safetensors is not',
  ],
  [
    'a pipeline that was edited',
    (folder: string) => writeFile(join(folder, 'pipeline', 'model.py'), 'x'),
    'pipeline/model.py is not',
  ],
  ['a file that is missing', (folder: string) => rm(join(folder, 'pipeline', 'data.py')), 'pipeline/data.py is missing'],
  ['a torn bundle.json', (folder: string) => truncate(join(folder, 'bundle.json'), 100), 'bundle.json is not what improve writes'],
  ['no bundle.json', (folder: string) => rm(join(folder, 'bundle.json')), 'the classifier cannot be read (ENOENT)'],
])('%s is a usage error that names it', async (_, spoil, message) => {
  const { folder } = await writeBundle(await bundleRequest())
  await spoil(folder)
  await expect(readBundle(folder)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(message) })
})

test('a bundle.json of another version or with another file name is refused with the place', async () => {
  const { folder, facts } = await writeBundle(await bundleRequest())
  await writeFile(join(folder, 'bundle.json'), JSON.stringify({ ...facts, version: 2 }))
  await expect(readBundle(folder)).rejects.toMatchObject({ evidence: [expect.anything(), expect.stringContaining('version')] })
  await writeFile(
    join(folder, 'bundle.json'),
    JSON.stringify({ ...facts, files: { '../../x': await hashFile(join(folder, 'README.md')) } }),
  )
  await expect(readBundle(folder)).rejects.toMatchObject({ evidence: [expect.anything(), expect.stringContaining('files')] })
})
