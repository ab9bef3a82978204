import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')

/** A Node of this machine that is too old for the code, if there is one. */
const OLD_NODE = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'node'))
  .filter((file) => !file.includes('node_modules') && existsSync(file))
  .find((file) => /^v(1\d|20|21)\./.test(spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout))

/** A clone with a command line that says how it was started, ends with 7 when told to stop, and with the given code otherwise. */
const MAIN = `export async function main(args) {
  const said = [process.versions.node, JSON.stringify(args)]
  if (args[0] !== 'wait') return console.log(...said), Number(args[0])
  const timer = setInterval(() => {}, 1000)
  const told = new Promise((resolve) => process.once('SIGTERM', () => { clearInterval(timer); resolve(7) }))
  console.log(...said)
  return told
}
`

let clone: string
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'improve-start-'))
  for (const folder of ['src/cli', 'bin', 'node_modules/.bin']) mkdirSync(join(clone, folder), { recursive: true })
  writeFileSync(join(clone, 'package.json'), '{"type":"module"}')
  writeFileSync(join(clone, 'src', 'cli', 'main.ts'), MAIN)
  cpSync(join(ROOT, 'bin', 'improve.mjs'), join(clone, 'bin', 'improve.mjs'))
  symlinkSync(process.execPath, join(clone, 'node_modules', '.bin', 'node'))
})
afterEach(() => rmSync(clone, { recursive: true }))

function start(node: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(node, [join(clone, 'bin', 'improve.mjs'), ...args], { encoding: 'utf8' })
  return { status, stdout: stdout.trim(), stderr: stderr.trim() }
}

test('arguments reach the command, and its exit code becomes that of the process', () => {
  expect(start(process.execPath, '3', 'a b')).toEqual({ status: 3, stdout: `${process.versions.node} ["3","a b"]`, stderr: '' })
})

test('a package without sources starts what was built', () => {
  rmSync(join(clone, 'src'), { recursive: true })
  mkdirSync(join(clone, 'dist', 'cli'), { recursive: true })
  writeFileSync(join(clone, 'dist', 'cli', 'main.js'), MAIN)
  expect(start(process.execPath, '4').status).toBe(4)
})

// Skipped where every Node on PATH is new enough to run the code itself.
describe.skipIf(OLD_NODE === undefined)('under a Node that is too old', () => {
  const old = OLD_NODE ?? ''

  test("the clone's own Node takes over", () => {
    expect(start(old, '3', 'a b')).toEqual({ status: 3, stdout: `${process.versions.node} ["3","a b"]`, stderr: '' })
  })

  test('a signal reaches the command, which ends in its own way', async () => {
    const child = spawn(old, [join(clone, 'bin', 'improve.mjs'), 'wait'], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([7, null])
  })

  test('without a newer Node one sentence says what to do', () => {
    rmSync(join(clone, 'node_modules'), { recursive: true })
    const { status, stderr } = start(old, '0')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^error: improve needs Node 22\.19 or newer, this is \d+\.\d+\.\d+\nfix: npm run setup --prefix /)
  })

  test('a Node of the clone that is too old as well does not start itself for ever', () => {
    rmSync(join(clone, 'node_modules', '.bin', 'node'))
    symlinkSync(old, join(clone, 'node_modules', '.bin', 'node'))
    expect(start(old, '0')).toMatchObject({ status: 1, stderr: expect.stringContaining('improve needs Node 22.19') })
  })
})
