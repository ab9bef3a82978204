import { globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** The table of docs/architecture.md. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  files: ['core'],
  dataset: ['core', 'files'],
  sandbox: ['core', 'files'],
  harness: ['core', 'files', 'dataset', 'sandbox'],
  journal: ['core', 'files'],
  llm: ['core', 'files'],
  team: ['core'],
  refine: ['core'],
  cli: ['core', 'files', 'dataset', 'sandbox', 'harness', 'journal', 'llm', 'team', 'refine'],
}

/** One sentence for each import that goes the wrong way. `path` is relative to the root, with forward slashes. */
function wrongImports(path: string, source: string): string[] {
  const from = path.split('/')[1] ?? ''
  const imported = [...source.matchAll(/(?:from|import|import\()\s*'([^']+)'/g)].map((match) => match[1] ?? '')
  if (from === 'core' && !path.endsWith('.test.ts')) {
    const io = imported.filter((name) => name.startsWith('node:') && name !== 'node:crypto')
    if (io.length > 0) return [`${path}: core does no I/O, so it may not import ${io.join(', ')}`]
  }
  const folders = imported.filter((name) => name.startsWith('.')).map((name) => posix.join(posix.dirname(path), name).split('/'))
  return folders
    .filter(([top, to = '']) => top === 'src' && to !== from && !MAY_IMPORT[from]?.includes(to))
    .map(([, to]) => `${path}: ${from} may not import ${to}`)
}

const sources = globSync('{src,tests,scripts,benchmarks,proof}/**/*.ts', { cwd: ROOT }).map((path) => path.replaceAll('\\', '/'))
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

test('every folder of src is in the table', () => {
  const folders = new Set(sources.filter((path) => path.startsWith('src/')).map((path) => path.split('/')[1]))
  expect([...folders].filter((folder) => !Object.hasOwn(MAY_IMPORT, folder ?? ''))).toEqual([])
})

test('programs beside src are looked at, too', () => {
  for (const folder of ['tests', 'scripts', 'benchmarks', 'proof'])
    expect(sources.some((path) => path.startsWith(`${folder}/`))).toBe(true)
})

test('imports go one way', () => {
  expect(sources.filter((path) => path.startsWith('src/')).flatMap((path) => wrongImports(path, read(path)))).toEqual([])
})

test('a planted wrong import is found', () => {
  expect(wrongImports('src/core/outcome.ts', "import { start } from '../harness/evaluate.ts'")).toEqual([
    'src/core/outcome.ts: core may not import harness',
  ])
  expect(wrongImports('src/files/lock.ts', "await import('../cli/main.ts')")).toEqual([
    'src/files/lock.ts: files may not import cli',
  ])
  expect(wrongImports('src/core/a.ts', "import 'node:fs'")).toEqual([
    'src/core/a.ts: core does no I/O, so it may not import node:fs',
  ])
  expect(wrongImports('src/cli/a.ts', "import { a } from './b.ts'\nimport { c } from '../core/c.ts'")).toEqual([])
})

test('no TypeScript file is longer than 400 lines', () => {
  expect(sources.filter((path) => read(path).split('\n').length > 401)).toEqual([])
})
