import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { interpreterMounts } from './interpreter-mounts.ts'
import { noSandbox } from '../../tests/support/needs-sandbox.ts'
import { bwrap, LIMITS, makeFolder, neverAborted, python, readEvents } from '../../tests/support/sandbox.ts'

/** `<folder>/bin/python3` with a standard library beside it. */
const makeInstallation = (folder: string): string => {
  mkdirSync(join(folder, 'lib/python3.12'), { recursive: true })
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'lib/python3.12/os.py'), '')
  writeFileSync(join(folder, 'bin/python3'), '')
  return join(folder, 'bin/python3')
}

const makeEnvironment = (folder: string, base: string): string => {
  mkdirSync(join(folder, 'bin'), { recursive: true })
  writeFileSync(join(folder, 'pyvenv.cfg'), `home = ${join(base, '..')}\nversion = 3.12\n`)
  symlinkSync(base, join(folder, 'bin/python'))
  return join(folder, 'bin/python')
}

const hosts = (path: string): string[] =>
  interpreterMounts(path)
    .map((mount) => mount.host)
    .toSorted()

test('a system interpreter needs no mount', () => {
  expect(interpreterMounts('/usr/bin/env')).toEqual([])
  expect(interpreterMounts('/bin/sh')).toEqual([])
})

test('a virtual environment brings its installation', () => {
  const folder = makeFolder()
  const base = makeInstallation(join(folder, 'base'))
  expect(hosts(makeEnvironment(join(folder, 'venv'), base))).toEqual([join(folder, 'base'), join(folder, 'venv')])
})

test('an installation behind a link is mounted under both names', () => {
  const folder = makeFolder()
  makeInstallation(join(folder, 'python-3.12.1'))
  symlinkSync('python-3.12.1', join(folder, 'python-3.12'))
  const environment = makeEnvironment(join(folder, 'venv'), join(folder, 'python-3.12/bin/python3'))
  expect(hosts(environment)).toEqual([join(folder, 'python-3.12'), join(folder, 'python-3.12.1'), join(folder, 'venv')])
})

test('a link in ~/bin does not show the home folder', () => {
  const home = makeFolder()
  const base = makeInstallation(join(home, 'opt/python'))
  mkdirSync(join(home, 'bin'))
  symlinkSync(base, join(home, 'bin/python3'))
  expect(hosts(join(home, 'bin/python3'))).toEqual([join(home, 'bin/python3'), join(home, 'opt/python')])
})

describe.skipIf(noSandbox)('in bubblewrap', () => {
  test('a virtual environment of the python here runs', { timeout: 60_000 }, async () => {
    const folder = join(makeFolder(), 'venv')
    execFileSync(python, ['-m', 'venv', '--without-pip', folder])
    const program = join(folder, 'bin/python')
    const args = ['-I', '-c', 'import json, os, sys; os.write(3, sys.prefix.encode())']
    const running = await bwrap.start({ program, args, mounts: interpreterMounts(program), env: {}, limits: LIMITS }, neverAborted)
    expect(await readEvents(running)).toBe(folder)
  })
})
