import { execFile } from 'node:child_process'
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cacheFolder } from '../../src/files/cache-folder.ts'
import { hashFile } from '../../src/files/hash.ts'
import { ensurePythonEnvironment } from '../../src/harness/index.ts'
import { runCli } from '../support/cli.ts'
import { noSandbox } from '../support/needs-sandbox.ts'
import { writePngFolder } from '../support/png-folder.ts'

/** A working folder with one training on a fixed split and one on pooled folds, and a cache that shares only the Python environment. */
let root = ''
let python = ''
let env: NodeJS.ProcessEnv = {}
let split = ''
let pooled = ''

beforeAll(async () => {
  python = (await ensurePythonEnvironment({ onProgress: () => {}, signal: new AbortController().signal })).python
  root = await mkdtemp(join(tmpdir(), 'improve-predict-'))
  await mkdir(join(root, 'cache'))
  await symlink(join(cacheFolder(), 'python'), join(root, 'cache', 'python'))
  env = { IMPROVE_CACHE: join(root, 'cache') }
  for (const part of ['train', 'val']) await writePngFolder(join(root, 'split', part), 32, part)
  await writePngFolder(join(root, 'halves'), 32)
  split = await train('split')
  pooled = await train('halves', '--open-test')
})

afterAll(() => rm(root, { recursive: true, force: true }))

const improve = (...args: string[]) => runCli(args, root, env)

/** The result folder of a short try. */
async function train(dataset: string, ...more: string[]): Promise<string> {
  const { code, stdout, stderr } = await improve('try', dataset, '--seconds', '3', '--json', ...more)
  expect({ code, stderr }).toMatchObject({ code: 0 })
  return JSON.parse(stdout).folder
}

type Line = { file: string; class?: string; probability?: number; error?: string; top?: { class: string; probability: number }[] }

async function predict(...args: string[]): Promise<{ code: number | null; lines: Line[]; stderr: string }> {
  const { code, stdout, stderr } = await improve('predict', ...args, '--format', 'jsonl')
  const lines = stdout === '' ? [] : stdout.trimEnd().split('\n')
  return { code, lines: lines.map((line) => JSON.parse(line)), stderr }
}

const picture = (name: string) => join('split', 'val', name)

/** A folder of its own with copies of pictures; an empty content stands for an empty file. */
async function makeWorld(name: string, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name, path)), { recursive: true })
    await writeFile(
      join(root, name, path),
      typeof content === 'string' && content !== '' ? await readFile(join(root, content)) : content,
    )
  }
  return name
}

test('each image of val gets the probabilities of the logits that its scoring rested on', async () => {
  const { key } = JSON.parse(await readFile(join(split, 'run.json'), 'utf8')).dataset
  const items = (await readFile(join(root, 'cache', 'datasets', key, 'items.jsonl'), 'utf8')).trimEnd().split('\n')
  const val = items.map((item) => JSON.parse(item)).filter((item) => item.part === 'val')
  const logits = await readFile(join(split, 'predictions', 'val.logits.f32'))
  const { code, lines } = await predict(split, join('split', 'val'), '--top-k', '2')
  expect([code, lines.length, val.length]).toEqual([0, 64, 64])
  for (const { path, row } of val) {
    const said = lines.find((line) => line.file === join('split', path))?.top ?? []
    const gap = logits.readFloatLE(8 * row) - logits.readFloatLE(8 * row + 4)
    const first = said.find((choice) => choice.class === 'bright-left')?.probability
    expect(first).toBeCloseTo(1 / (1 + Math.exp(-gap)), 4)
  }
})

test('files, folders and patterns are classified in order, and a picture that cannot be read has a line with the reason', async () => {
  const folder = await makeWorld('mixed', {
    'one/same.png': picture('bright-top/0.png'),
    'two/same.png': picture('bright-left/0.png'),
    'two/empty.png': '',
    'two/torn.png': (await readFile(join(root, picture('bright-top/1.png')))).subarray(0, 60),
    'two/notes.txt': 'split/val/bright-top/1.png',
    'naïve 名前/été, "x".png': picture('bright-top/2.png'),
  })
  const { code, lines, stderr } = await predict(split, join(folder, 'two'), `${folder}/one/*.png`, join(folder, 'naïve 名前'))
  expect(code).toBe(0)
  expect(lines.map(({ file, error }) => [file, error?.replace(/: .*/, '')])).toEqual([
    [join(folder, 'two', 'empty.png'), 'empty file'],
    [join(folder, 'two', 'same.png'), undefined],
    [join(folder, 'two', 'torn.png'), 'damaged'],
    [join(folder, 'one', 'same.png'), undefined],
    [join(folder, 'naïve 名前', 'été, "x".png'), undefined],
  ])
  expect(lines.map((line) => line.class)).toEqual([undefined, 'bright-left', undefined, 'bright-top', 'bright-top'])
  expect(stderr).toContain('note: 1 file in the folders left out')
  expect(stderr.trimEnd().split('\n').at(-1)).toBe('note: 2 pictures of 5 could not be read')
})

test('CSV and a table say the same to spreadsheets and to people', async () => {
  const folder = await makeWorld('texts', { 'a, "b".png': picture('bright-top/3.png'), 'broken.png': '' })
  const csv = await improve('predict', split, folder, '--format', 'csv', '--top-k', '9')
  expect(csv.stdout.split('\n')).toEqual([
    'file,class,probability,class_2,probability_2,error',
    expect.stringMatching(/^"texts\/a, ""b"".png",bright-top,[\d.]+,bright-left,[\d.e-]+,$/),
    'texts/broken.png,,,,,empty file',
    '',
  ])
  const table = await improve('predict', split, folder)
  expect(table.stdout.split('\n').slice(0, 3)).toEqual([
    'file              class        probability',
    expect.stringMatching(/^texts\/a, "b"\.png {2}bright-top {4} *[\d.]+ %$/),
    'texts/broken.png  error: empty file',
  ])
})

test('a picture in colour and of another shape is classified, and what it lost is said', async () => {
  const folder = await makeWorld('photo', { 'photo.ppm': colourPicture(24, 18) })
  const { code, lines, stderr } = await predict(split, join(folder, 'photo.ppm'))
  expect([code, lines[0]?.class]).toEqual([0, 'bright-top'])
  expect(stderr).toContain('note: 1 picture in colour')
  expect(stderr).toContain('note: 1 picture squashed')
})

/** Light in its upper half, and hardly red. */
function colourPicture(width: number, height: number): Buffer {
  const rows = [...Array(height).keys()].map((y) =>
    Buffer.alloc(3 * width, Buffer.from(y < height / 2 ? [221, 220, 220] : [41, 40, 40])),
  )
  return Buffer.concat([Buffer.from(`P6 ${width} ${height} 255\n`), ...rows])
}

test('when no picture can be read the exit code is 1', async () => {
  const folder = await makeWorld('hopeless', { 'empty.png': '', 'none.jpg': Buffer.from('no picture') })
  const { code, lines, stderr } = await predict(split, folder)
  expect([code, lines.length]).toEqual([1, 2])
  expect(stderr.trimEnd().split('\n').at(-1)).toBe('error: none of the 2 pictures could be read')
})

test('weights that were tampered with are refused in a sentence', async () => {
  const copy = join(root, 'tampered')
  await cp(join(split, 'best'), copy, { recursive: true })
  await appendFile(join(copy, 'weights.safetensors'), 'x')
  const { code, lines, stderr } = await predict('tampered', picture('bright-top/0.png'))
  expect([code, lines]).toEqual([2, []])
  expect(stderr).toContain('error: weights.safetensors is not the file that this classifier was saved with')
  expect(stderr).toContain('fix: ')
})

test('a classifier whose model fails says where and what it printed, without a stack, with exit code 1', async () => {
  const copy = join(root, 'failing')
  await cp(join(split, 'best'), copy, { recursive: true })
  const model = join('pipeline', 'model.py')
  await appendFile(join(copy, model), '\nprint("words of the model")\nraise ValueError("no such weights")\n')
  const facts = JSON.parse(await readFile(join(copy, 'bundle.json'), 'utf8'))
  const files = { ...facts.files, [model]: await hashFile(join(copy, model)) }
  await writeFile(join(copy, 'bundle.json'), JSON.stringify({ ...facts, files }))
  const { code, stdout, stderr } = await improve('predict', 'failing', picture('bright-top/0.png'), '--unsafe-no-sandbox')
  expect([code, stdout]).toEqual([1, ''])
  const [error, ...rest] = stderr.slice(stderr.indexOf('error: ')).trimEnd().split('\n')
  expect(error).toMatch(/^error: the classifier could not be run: model\.py line \d+: ValueError: no such weights$/)
  expect(rest).toEqual(['  | words of the model', expect.stringMatching(/^fix: /)])
})

test('a classifier of pooled folds is a refit, and its page holds the figures of val and test', async () => {
  const facts = JSON.parse(await readFile(join(pooled, 'best', 'bundle.json'), 'utf8'))
  expect(facts).toMatchObject({ weights: 'refit', origin: 'improve', info: { trainCount: 64 - 8 }, inputSize: [8, 8] })
  expect(
    facts.figures.map((figure: { split: string; n: number; weights: string }) => [figure.split, figure.n, figure.weights]),
  ).toEqual([
    ['val', 56, 'before the refit'],
    ['test', 8, 'these'],
  ])
  const page = await readFile(join(pooled, 'best', 'README.md'), 'utf8')
  expect(page).toMatch(/^\| test \| 8 \| accuracy \| .* \| these weights \|$/m)
})

test('a classifier needs neither its dataset nor its run, and the lines of its page use it from Python', async () => {
  const away = await mkdtemp(join(tmpdir(), 'improve-away-'))
  try {
    await rename(join(pooled, 'best'), join(away, 'best'))
    await cp(join(root, picture('bright-top/5.png')), join(away, 'best', 'my-picture.jpg'))
    await rm(join(root, 'cache', 'datasets'), { recursive: true })
    await rm(join(root, 'halves'), { recursive: true })
    const { code, stdout } = await runCli(['predict', '.', 'my-picture.jpg', '--format', 'jsonl'], join(away, 'best'), env)
    expect(code).toBe(0)
    const page = await readFile(join(away, 'best', 'README.md'), 'utf8')
    const [, lines = ''] = /```python\n([^`]*)```/.exec(page) ?? []
    const said = await promisify(execFile)(python, ['-c', lines], { cwd: join(away, 'best') })
    const [name, probability] = said.stdout.split('\n')[0]?.split(' ') ?? []
    expect(JSON.parse(stdout)).toMatchObject({ class: name, probability: expect.closeTo(Number(probability), 2) })
    expect((await readdir(join(away, 'best'))).includes('__pycache__')).toBe(false)
  } finally {
    await rm(away, { recursive: true, force: true })
  }
})

test.skipIf(noSandbox)(
  'code of a pipeline of the user is told from our own, and runs without a sandbox only where that is asked for',
  async () => {
    const tiny = join(import.meta.dirname, '..', '..', 'harness', 'tests', 'pipelines', 'tiny')
    await cp(tiny, join(root, 'mine'), { recursive: true })
    await appendFile(join(root, 'mine', 'model.py'), '\n# mine\n')
    const folder = await train('split', '--pipeline', 'mine')
    expect(JSON.parse(await readFile(join(folder, 'best', 'bundle.json'), 'utf8')).origin).toBe('user')
    const { code, lines, stderr } = await predict(folder, picture('bright-top/0.png'), '--unsafe-no-sandbox')
    expect([code, lines.length]).toEqual([0, 1])
    expect(stderr).toContain('WARNING: running without a sandbox')
  },
)

test('Ctrl-C ends a classification with exit code 130', async () => {
  const { code, stderr } = await runCli(['predict', split, join('split', 'train')], root, env, (child) => {
    setTimeout(() => child.kill('SIGINT'), 1200)
  })
  expect([code, stderr.trimEnd().split('\n').at(-1)]).toEqual([130, 'interrupted; nothing is left running'])
})
