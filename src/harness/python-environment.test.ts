import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ensurePythonEnvironment, type EnvironmentOptions } from './python-environment.ts'

/**
 * A program that answers as Python does, for the questions asked here, and writes each to `calls`. What pip does next is decided by
 * the file `pip`: absent, it succeeds; else it is sourced.
 */
const FAKE_PYTHON = `#!/bin/bash
here=@HERE@
case "$*" in
  *find_spec*) [ -f $here/probe ] && exec cat $here/probe
    echo '{"executable":"'$here'/python3","version":"3.12.4","implementation":"CPython","machine":"x","hasVenv":true}' ;;
  "-I -m venv "*) echo venv >> $here/calls; mkdir -p "$4/bin"; cp $here/python3 "$4/bin/python" ;;
  *"-m pip --version") ;;
  *torchvision_shim*) echo verify >> $here/calls; echo '{"torchVersion":"2.13.0+fake","basePrefix":"/base"}' ;;
  *--requirement*dev.lock) echo "dev" >> $here/calls ;;
  *install*--constraint*) echo "torch" >> $here/calls; [ -f $here/pip ] && . $here/pip
    sleep 0.2; echo "Collecting torch==2.13.0"; echo "  Downloading torch-2.13.0-cp312-cp312-linux_x86_64.whl (190.0 MB)" ;;
  *--no-deps*--requirement*) echo "rest" >> $here/calls ;;
  *) echo "unexpected: $*" >> $here/calls; exit 9 ;;
esac
`

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'improve-python-'))
  await writeFile(join(folder, 'python3'), FAKE_PYTHON.replaceAll('@HERE@', folder))
  await chmod(join(folder, 'python3'), 0o755)
  await mkdir(join(folder, 'harness'))
  await writeFile(join(folder, 'harness', 'requirements.lock'), 'torch==2.13.0\nnumpy==2.4.6\n')
  await writeFile(join(folder, 'harness', 'requirements-dev.lock'), 'pytest==9.2.0\n')
})
afterEach(() => rm(folder, { recursive: true }))

function ensure(options: Partial<EnvironmentOptions> = {}) {
  const env = { PATH: process.env['PATH'], IMPROVE_PYTHON: join(folder, 'python3'), IMPROVE_CACHE: join(folder, 'cache') }
  return ensurePythonEnvironment({
    harness: join(folder, 'harness'),
    env,
    onProgress: () => {},
    signal: new AbortController().signal,
    ...options,
  })
}

async function calls(): Promise<string[]> {
  return (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n')
}

test('it is made once, in order, and a second start runs nothing', async () => {
  const lines: string[] = []
  const first = await ensure({ onProgress: (line) => lines.push(line) })
  expect(await ensure()).toEqual(first)
  expect(await calls()).toEqual(['venv', 'torch', 'rest', 'verify'])
  expect(first).toMatchObject({ torchVersion: '2.13.0+fake', basePrefix: '/base', python: join(first.folder, 'bin', 'python') })
  expect(lines).toEqual([
    'making a virtual environment with Python 3.12.4',
    'package 1 of 2: downloading torch 2.13.0 (190.0 MB)',
    'checking that torch, torchvision and timm can be imported',
  ])
})

test('two starts at the same time make it once, and the second says that it waits', async () => {
  const lines: string[] = []
  const both = [ensure({ onProgress: (line) => lines.push(line) }), ensure({ onProgress: (line) => lines.push(line) })]
  const [first, second] = await Promise.all(both)
  expect(first).toEqual(second)
  expect(await calls()).toEqual(['venv', 'torch', 'rest', 'verify'])
  expect(lines).toContain(`waiting for process ${process.pid}, which makes the same Python environment`)
})

test('the checkers are added to the finished environment, and again when their pins change', async () => {
  await ensure()
  await ensure({ dev: true })
  await ensure({ dev: true })
  await writeFile(join(folder, 'harness', 'requirements-dev.lock'), 'pytest==9.3.0\n')
  await ensure({ dev: true })
  expect(await calls()).toEqual(['venv', 'torch', 'rest', 'verify', 'dev', 'dev'])
})

test('when pip fails its error line and the log are shown, and the next start goes on', async () => {
  await writeFile(join(folder, 'pip'), 'echo "ERROR: No matching distribution found for torch==2.13.0" >&2; echo; exit 1')
  const error: unknown = await ensure().catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code: 'environment',
    message: 'pip could not install the Python packages: ERROR: No matching distribution found for torch==2.13.0',
  })
  await rm(join(folder, 'pip'))
  const { folder: made } = await ensure()
  expect(error).toMatchObject({ evidence: [`log  ${made}.log`] })
  expect(await calls()).toEqual(['venv', 'torch', 'torch', 'rest', 'verify'])
})

test('a full disk is named as such', async () => {
  await writeFile(
    join(folder, 'pip'),
    'echo "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"; exit 1',
  )
  await expect(ensure()).rejects.toMatchObject({ code: 'disk', fix: expect.stringContaining('make room') })
})

test('an environment whose interpreter has gone is built anew', async () => {
  const { python } = await ensure()
  await rm(python)
  await ensure()
  expect(await calls()).toEqual(['venv', 'torch', 'rest', 'verify', 'venv', 'torch', 'rest', 'verify'])
})

test('an abort ends pip, and the next start goes on', async () => {
  await writeFile(join(folder, 'pip'), 'echo "Collecting torch"; echo "  Downloading torch-2.13.0-x.whl (1 MB)"; exec sleep 60')
  const controller = new AbortController()
  const onProgress = (line: string) => line.startsWith('package') && controller.abort()
  await expect(ensure({ onProgress, signal: controller.signal })).rejects.toThrow('aborted')
  await rm(join(folder, 'pip'))
  await ensure()
  expect(await calls()).toEqual(['venv', 'torch', 'torch', 'rest', 'verify'])
})

test('another lock file means another environment', async () => {
  const first = await ensure()
  await writeFile(join(folder, 'harness', 'requirements.lock'), 'torch==2.14.0\n')
  expect((await ensure()).folder).not.toBe(first.folder)
})

test.each([
  ['is too old', '"version":"3.9.2","hasVenv":true', 'is not a Python 3.11 or newer', 'unset IMPROVE_PYTHON'],
  ['lacks venv', '"version":"3.11.2","hasVenv":false', 'cannot make virtual environments', 'sudo apt-get install python3.11-venv'],
])('a Python that %s is refused with the fix', async (_, facts, message, fix) => {
  await writeFile(join(folder, 'probe'), `{"executable":"x","implementation":"CPython","machine":"x",${facts}}`)
  await expect(ensure()).rejects.toMatchObject({ message: expect.stringContaining(message), fix: expect.stringContaining(fix) })
})

test('no Python at all is an error that lists what was tried', async () => {
  const env = { PATH: join(folder, 'empty'), IMPROVE_CACHE: join(folder, 'cache') }
  await expect(ensure({ env })).rejects.toMatchObject({
    code: 'environment',
    message: 'no Python 3.11 or newer on PATH',
    evidence: expect.arrayContaining(['tried  python3: not found', 'tried  python3.11: not found']),
  })
})

test('a cache folder that cannot be written is named with the way to choose another', async () => {
  await writeFile(join(folder, 'cache'), 'a file')
  await expect(ensure()).rejects.toMatchObject({ code: 'disk', fix: expect.stringContaining('IMPROVE_CACHE') })
})
