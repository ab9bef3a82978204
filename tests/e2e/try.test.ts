import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cacheFolder } from '../../src/files/cache-folder.ts'
import { ensurePythonEnvironment } from '../../src/harness/index.ts'
import { hashFile } from '../../src/files/hash.ts'
import { runCli } from '../support/cli.ts'
import { noSandbox } from '../support/needs-sandbox.ts'
import { writePngFolder } from '../support/png-folder.ts'

/** A working folder with 64 pictures, and a cache of its own that shares only the Python environment. */
let root = ''
let python = ''
let env: NodeJS.ProcessEnv = {}

beforeAll(async () => {
  python = (await ensurePythonEnvironment({ onProgress: () => {}, signal: new AbortController().signal })).python
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

test('with --refit the model that is shipped learnt from val too, and is not the one that was scored, here by log loss', async () => {
  const { code, stdout, stderr } = await improve('try', 'split', '--seconds', '2', '--refit', '--metric', 'log-loss', '--json')
  expect({ code, stderr }).toMatchObject({ code: 0 })
  const { runs, folder, metric } = JSON.parse(stdout)
  expect([metric, runs[0].val.metrics.chosen.value]).toEqual(['log-loss', runs[0].val.metrics.logLoss])
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

test('the metric that was asked for is the one that is told, with split, interval and n', async () => {
  const args = ['try', 'split', '--seconds', '1', '--metric', 'balanced-accuracy', '--out', 'balanced']
  const { code, stdout, stderr } = await improve(...args)
  expect({ code, stderr }).toMatchObject({ code: 0 })
  const said = /^val balanced-accuracy +([\d.]+) % +\(95 % interval [\d.]+ to [\d.]+\), n = 64$/m.exec(
    stdout.replaceAll(/\n {2,}/g, ' '),
  )
  const [folder = ''] = await readdir(join(root, 'balanced'))
  const { runs } = JSON.parse(await readFile(join(root, 'balanced', folder, 'outcome.json'), 'utf8'))
  const { metric, balancedAccuracy } = runs[0].val.metrics
  expect([metric, said?.[1]]).toEqual(['balanced-accuracy', (100 * balancedAccuracy).toFixed(1)])
})

test('pictures of one group of a zip lie in one part of it, and groups that tell nothing apart are refused', async () => {
  await promisify(execFile)(python, ['-m', 'zipfile', '-c', 'halves.zip', 'halves'], { cwd: root })
  const { code, stdout, stderr } = await improve('data', 'halves.zip', '--groups', '([0-9])[.]png', '--json')
  expect({ code, stderr }).toMatchObject({ code: 0 })
  const card = JSON.parse(stdout)
  expect(card).toMatchObject({ imageCount: 64, groups: { origin: 'user', count: 10 } })
  const items = (await readFile(join(card.folder, 'items.jsonl'), 'utf8')).trimEnd().split('\n')
  const placed = new Set(items.map((item) => JSON.parse(item)).map(({ part, path }) => `${part} ${path.at(-5)}`))
  expect([items.length, placed.size]).toEqual([64, 10])
  for (const [pattern, complaint] of [
    ['patient', 'The groups pattern names none of the 64 images.'],
    ['(png)', 'The groups pattern puts all images in one group, png.'],
  ] as const) {
    const refused = await improve('data', 'halves.zip', '--groups', pattern)
    const [error, evidence, ...rest] = refused.stderr.trimEnd().split('\n')
    expect([refused.code, error, evidence]).toEqual([2, `error: ${complaint}`, '  for example halves/bright-left/0.png'])
    expect(rest.at(-1)).toBe('fix: the first pair of parentheses must catch what images of one group share')
  }
})

test('doctor tells what it found of Node, Python, torch, the machine and the sandbox with its probes', async () => {
  const { code, stdout } = await improve('doctor')
  const rows = [
    'node +v',
    'memory +',
    'disk +',
    'cache +',
    'python +/',
    'torch +2[.]',
    'training +',
    'sandbox +',
    'ready: improve try',
  ]
  const probes = noSandbox ? [] : ['  probe +host files are hidden', '  probe +kill reaches every descendant']
  const missing = [...rows, ...probes].filter((name) => !new RegExp(`^${name}`, 'm').test(stdout))
  expect([code, missing]).toEqual([0, []])
})

test('without a Python the doctor says so with a fix, as JSON too, and its exit code is 1', async () => {
  const { code, stdout } = await runCli(['doctor', '--json'], root, { ...env, IMPROVE_PYTHON: 'no-such-python' })
  const { ok, checks } = JSON.parse(stdout)
  expect([code, ok]).toEqual([1, false])
  expect(checks.map((check: { name: string }) => check.name)).toEqual(['node', 'memory', 'disk', 'cache', 'python'])
  expect(checks.at(-1)).toMatchObject({
    status: 'missing',
    detail: expect.stringContaining('IMPROVE_PYTHON="no-such-python" is not a Python'),
    fix: expect.stringContaining('unset IMPROVE_PYTHON'),
  })
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
