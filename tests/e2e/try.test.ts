import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cacheFolder } from '../../src/files/cache-folder.ts'
import { ensurePythonEnvironment } from '../../src/harness/index.ts'
import { hashFile } from '../../src/files/hash.ts'
import { runCli } from '../support/cli.ts'
import { noSandbox } from '../support/needs-sandbox.ts'
import { writePngFolder } from '../support/png-folder.ts'

/** A working folder with 64 pictures, and a cache of its own that shares only the Python environment. */
let root = ''
let env: NodeJS.ProcessEnv = {}

beforeAll(async () => {
  await ensurePythonEnvironment({ onProgress: () => {}, signal: new AbortController().signal })
  root = await mkdtemp(join(tmpdir(), 'improve-e2e-'))
  await mkdir(join(root, 'cache'))
  await symlink(join(cacheFolder(), 'python'), join(root, 'cache', 'python'))
  env = { IMPROVE_CACHE: join(root, 'cache') }
  await writePngFolder(join(root, 'halves'), 32)
  for (const split of ['train', 'val']) await writePngFolder(join(root, 'split', split), 32, split)
})

afterAll(() => rm(root, { recursive: true, force: true }))

const improve = (...args: string[]) => runCli(args, root, env)

/** Writes the default pipeline with one file replaced. */
async function writePipeline(name: string, file: string, change: (source: string) => string): Promise<void> {
  const tiny = join(import.meta.dirname, '..', '..', 'harness', 'tests', 'pipelines', 'tiny')
  await mkdir(join(root, name))
  for (const each of ['data.py', 'model.py', 'training.py']) {
    const source = await readFile(join(tiny, each), 'utf8')
    await writeFile(join(root, name, each), each === file ? change(source) : source)
  }
}

test('64 pictures in two classes become a pipeline that is scored on val and on the sealed test', async () => {
  const { code, stdout, stderr } = await improve('try', 'halves', '--seconds', '3', '--open-test', '--json')
  expect({ code, stderr }).toMatchObject({ code: 0 })
  const result = JSON.parse(stdout)
  expect(result).toMatchObject({ status: 'scored', testOpenings: 1, dataset: { imageCount: 64, classCount: 2, scheme: 'pooled' } })
  const [{ val, test: onTest }] = result.runs
  expect(val.metrics.n + onTest.metrics.n).toBe(64)
  expect(val.trainings).toHaveLength(5)
  expect(val.metrics.accuracy.low).toBeGreaterThan(0.5)
  expect(result.best).toBe(join(result.folder, 'best'))
  expect((await readdir(result.folder)).toSorted()).toEqual([
    'best',
    'card.txt',
    'outcome.json',
    'pipeline',
    'predictions',
    'run.json',
    ...[0, 1, 2, 3, 4].map((fold) => `weights-fold${fold}.safetensors`),
    'weights-refit.safetensors',
  ])
  expect(JSON.parse(await readFile(join(result.folder, 'outcome.json'), 'utf8')).runs).toEqual(result.runs)
})

test('the text of a try ends with the next command and names split, n and interval; seeds with one thread run side by side', async () => {
  const { code, stdout, stderr } = await improve('try', 'split', '--seconds', '2', '--seeds', '2', '--threads', '1')
  expect({ code, stderr }).toMatchObject({ code: 0 })
  expect(stderr).toContain(availableParallelism() > 1 ? '2 seeds from 0 on, 2 at once' : '2 seeds from 0 on')
  expect(stdout).toMatch(/^val accuracy +[\d.]+ % +\(95 % interval [\d.]+ to [\d.]+\), n = 64$/m)
  expect(stdout).toMatch(/^val +mean of 2 seeds [\d.]+ %, standard deviation [\d.]+, n = 64$/m)
  expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
    / speed [\d,]+ images\/s, \d+ % of it spent on data, [\d.]+ [MG]B, as the training /,
  )
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^next +improve predict \S+-split-try-\w+ my-picture\.jpg$/)
  expect([...stdout.split('\n'), ...stderr.split('\n')].filter((line) => line.length > 80)).toEqual([])
})

test('with --refit the model that is shipped learnt from val too, and is not the one that was scored on it', async () => {
  const { code, stdout, stderr } = await improve('try', 'split', '--seconds', '2', '--refit', '--json')
  expect({ code, stderr }).toMatchObject({ code: 0 })
  const { runs, folder } = JSON.parse(stdout)
  expect(runs[0].refit).toMatchObject({ status: 'refitted', training: { steps: runs[0].val.steps } })
  expect(await hashFile(join(folder, 'best', 'weights.safetensors'))).toBe(runs[0].refit.sha256)
  expect(await hashFile(join(folder, 'weights-fold0.safetensors'))).not.toBe(runs[0].refit.sha256)
})

test.skipIf(noSandbox)('a pipeline that does not parse fails with file and line, and exit code 1', async () => {
  await writePipeline('broken', 'model.py', (source) => `${source}\ndef (:\n`)
  const { code, stdout, stderr } = await improve('try', 'halves', '--seconds', '3', '--pipeline', 'broken')
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^failed: check, model\.py line \d+: /m)
})

test.skipIf(noSandbox)('a pipeline whose logits are not numbers fails before it is trained', async () => {
  await writePipeline('not-finite', 'model.py', (source) =>
    source.replace(/return self\.head\((.*)\)/, 'return self.head($1) * float("nan")'),
  )
  const { code, stdout } = await improve('try', 'split', '--seconds', '3', '--pipeline', 'not-finite', '--json')
  expect(code).toBe(1)
  const expected = { status: 'failed', stage: 'smoke', message: expect.stringMatching(/finite|nan/i) }
  expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', runs: [{ val: expected }] })
})

test('the card of a second look comes from the cache', async () => {
  await improve('data', 'halves')
  const { code, stdout } = await improve('data', 'halves', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ name: 'halves', imageCount: 64, scheme: 'pooled' })
})

test('Ctrl-C ends a training with exit code 130 and leaves no result folder', async () => {
  const args = ['try', 'halves', '--seconds', '60', '--out', 'interrupted']
  const { code, stderr } = await runCli(args, root, env, (child) => {
    setTimeout(() => child.kill('SIGINT'), 8000)
  })
  expect(code).toBe(130)
  expect(stderr.trimEnd().split('\n').at(-1)).toBe('interrupted; nothing is left running')
  expect(await readdir(join(root, 'interrupted'))).toEqual([])
})
