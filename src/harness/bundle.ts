import { constants } from 'node:fs'
import { copyFile, mkdir, open, readFile, rm, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BUNDLE_FILES, bundleSchema, figureOf, inputSizeOf } from '../core/bundle.ts'
import type { BundleFacts, PipelineOrigin } from '../core/bundle.ts'
import { UsageError } from '../core/errors.ts'
import type { Metrics } from '../core/outcome.ts'
import { COMPONENTS } from '../core/pipeline.ts'
import type { StagedDataset } from '../dataset/index.ts'
import { syncFolder } from '../files/atomic.ts'
import { hashFile } from '../files/hash.ts'
import type { Artefact } from './artefact.ts'
import { renderBundleReadme } from './bundle-readme.ts'
import { rememberOwnPipeline } from './own-pipelines.ts'
import type { Machine } from './tools.ts'

const FACTS = 'bundle.json'
/** Names and numbers of ten thousand classes fit. */
const MAX_FACTS_BYTES = 16 << 20

/** A bundle on disk whose files are those that it names. */
export type Bundle = { readonly folder: string; readonly facts: BundleFacts }

export type BundleRequest = {
  /** The folder to be made, such as `best` of a run; one that is there is replaced in one step. */
  readonly folder: string
  readonly name: string
  readonly dataset: StagedDataset
  readonly artefact: Artefact
  readonly machine: Machine
  readonly origin: PipelineOrigin
  readonly val: Metrics | null
  /** Null while the sealed test is sealed. */
  readonly test: Metrics | null
  readonly versions: BundleFacts['versions']
  /** The per-user cache folder, where it is noted which pipelines are our own code. */
  readonly cache: string
}

/** Writes a bundle: weights, pipeline, facts, and a page for its reader. It needs nothing of the dataset afterwards. */
export async function writeBundle(request: BundleRequest): Promise<Bundle> {
  const { folder, artefact } = request
  const beside = `${folder}.new-${process.pid}`
  try {
    await mkdir(join(beside, 'pipeline'), { recursive: true })
    await copyFile(artefact.weights, join(beside, 'weights.safetensors'), constants.COPYFILE_FICLONE)
    for (const name of COMPONENTS) await copyFile(join(artefact.code, `${name}.py`), join(beside, 'pipeline', `${name}.py`))
    const facts = await describe(request, beside)
    if (facts.files['weights.safetensors'] !== artefact.sha256) throw new Error(`the weights in ${artefact.weights} were changed`)
    await writeFile(join(beside, 'README.md'), renderBundleReadme(facts))
    await writeFile(join(beside, FACTS), `${JSON.stringify(facts, null, 2)}\n`)
    await syncAll(beside)
    if (request.origin === 'improve') await rememberOwnPipeline(request.cache, facts.files)
    await replaceFolder(beside, folder)
    return { folder, facts }
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
}

async function describe(request: BundleRequest, folder: string): Promise<BundleFacts> {
  const { artefact, dataset, machine } = request
  const { device, threads, dtype, channelsLast, referenceSpeed } = machine
  const figures = [
    ...(request.val === null ? [] : [figureOf('val', request.val, artefact.kind)]),
    ...(request.test === null ? [] : [figureOf('test', request.test, artefact.kind)]),
  ]
  return bundleSchema.parse({
    version: 1,
    name: request.name,
    createdAt: new Date().toISOString(),
    classes: dataset.facts.classes,
    channels: dataset.facts.channels,
    edge: dataset.facts.edge,
    inputSize: inputSizeOf(await readFile(join(folder, 'pipeline', 'data.py'), 'utf8')),
    info: artefact.info,
    machine: { device, threads, dtype, channelsLast, referenceSpeed },
    seed: artefact.seed,
    steps: artefact.training.steps,
    weights: artefact.kind,
    figures,
    origin: request.origin,
    versions: request.versions,
    files: Object.fromEntries(await Promise.all(BUNDLE_FILES.map(async (name) => [name, await hashFile(join(folder, name))]))),
  })
}

async function syncAll(folder: string): Promise<void> {
  for (const name of [...BUNDLE_FILES, 'README.md', FACTS]) {
    const handle = await open(join(folder, name), 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
  for (const each of [join(folder, 'pipeline'), folder]) await syncFolder(each)
}

/** A reader finds the old folder or the new one, and for a moment between the two renames none. */
async function replaceFolder(fresh: string, folder: string): Promise<void> {
  const old = `${folder}.old-${process.pid}`
  await rename(folder, old).catch(ignoreMissing)
  await rename(fresh, folder)
  await syncFolder(dirname(folder))
  await rm(old, { recursive: true, force: true })
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

/** Reads a bundle and checks that each of its files is the one that it names; a usage error says what is wrong. */
export async function readBundle(folder: string): Promise<Bundle> {
  const facts = await readFacts(folder)
  for (const name of BUNDLE_FILES) await checkFile(folder, name, facts.files[name])
  return { folder, facts }
}

async function readFacts(folder: string): Promise<BundleFacts> {
  const path = join(folder, FACTS)
  const parsed = bundleSchema.safeParse(parseOrUndefined(await readText(path)))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw damaged(`${FACTS} is not what improve writes`, [path, `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? ''}`])
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > MAX_FACTS_BYTES) throw damaged(`${FACTS} has ${size} bytes`, [path])
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : null
    if (code === null || error instanceof UsageError) throw error
    throw new UsageError(`the classifier cannot be read (${code})`, {
      evidence: [path],
      fix: code === 'EACCES' ? 'let yourself read it' : 'give the folder of a run, or its folder best',
      cause: error,
    })
  }
}

async function checkFile(folder: string, name: string, expected: string): Promise<void> {
  const path = join(folder, name)
  const facts = await stat(path).catch(() => null)
  if (facts === null || !facts.isFile()) throw damaged(`${name} is missing from the classifier`, [path])
  const found = await hashFile(path).catch((error: Error) => {
    throw damaged(`${name} of the classifier cannot be read`, [error.message])
  })
  if (found === expected) return
  throw damaged(`${name} is not the file that this classifier was saved with`, [
    path,
    `expected  ${expected}`,
    `found     ${found}`,
  ])
}

function damaged(message: string, evidence: readonly string[]): UsageError {
  return new UsageError(message, { evidence, fix: 'copy the folder again from where it came, or train again' })
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
