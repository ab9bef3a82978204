import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { describe, expect, test, vi } from 'vitest'

import { noSandbox } from '../../tests/support/needs-sandbox.ts'
import {
  bwrap,
  LIMITS,
  makeFolder,
  neverAborted,
  processesWith,
  readEvents,
  startPython,
  startShell,
} from '../../tests/support/sandbox.ts'
import { findProgram } from './launch.ts'

describe.skipIf(noSandbox)('bubblewrap', () => {
  test('a daemon in a session of its own ends with the time limit', async () => {
    const marker = randomUUID()
    const script = `setsid sh -c 'trap "" TERM HUP; while :; do sleep 1; done; : ${marker}' >/dev/null 2>&1 & trap "" TERM; sleep 60; : ${marker}`
    const running = await startShell(bwrap, script, { limits: { ...LIMITS, wallSeconds: 0.5 } })
    expect((await running.ended).reason).toBe('timeout')
    expect(processesWith(marker)).toEqual([])
  })

  test('a daemon ends when the program ends', async () => {
    const marker = randomUUID()
    const running = await startShell(bwrap, `setsid sh -c 'sleep 60; : ${marker}' >/dev/null 2>&1 3>&- & exit 0`)
    expect(await running.ended).toMatchObject({ reason: 'exited', exitCode: 0 })
    expect(processesWith(marker)).toEqual([])
  })

  test('a fork bomb ends within about a second and leaves nothing', { timeout: 20_000 }, async () => {
    const marker = randomUUID()
    // It doubles as any bomb does, but stops at 4096 by itself, should the limit under test fail.
    const bomb = 'f() { if [ $1 -gt 0 ]; then f $(($1 - 1)) & f $(($1 - 1)) & fi; sleep 20; }; f 11'
    const running = await startShell(bwrap, `${bomb}; : ${marker}`)
    const end = await running.ended
    expect(end.reason).toBe('processes')
    expect(end.wallSeconds).toBeLessThan(3)
    expect(processesWith(marker)).toEqual([])
  })

  test('of /usr only programs and libraries are visible, not what else people keep there', async () => {
    const running = await startShell(bwrap, 'ls /usr >&3')
    const shown = (await readEvents(running)).trim().split('\n')
    expect(shown).toContain('bin')
    expect(shown.filter((name) => !/^(s?bin|lib(32|64|x32|exec)?|include|local|share)$/.test(name))).toEqual([])
  })

  test('process 1 inside has an empty environment and no host path on its command line', async () => {
    const secret = { host: makeFolder(), guest: '/data' }
    const running = await startShell(bwrap, 'cat /proc/1/environ /proc/1/cmdline >&3', { mounts: [secret], env: { KEY: 'value' } })
    const text = await readEvents(running)
    expect(text).toContain('bwrap')
    expect(text).not.toContain(secret.host)
    expect(text).not.toContain('value')
  })

  test('a descriptor that this process itself inherited is not handed on', () => {
    const sandboxModule = new URL('bwrap.ts', import.meta.url).href
    const program = `
const { makeBwrapSandbox } = await import('${sandboxModule}')
const command = { program: '/bin/sh', args: ['-c', 'for n in 4 5 6 7 8 9; do [ -e /proc/self/fd/$n ] && echo leaked $n; done; echo done'], mounts: [], env: {} }
const running = await makeBwrapSandbox('${findProgram('bwrap')}').start({ ...command, limits: ${JSON.stringify(LIMITS)} }, new AbortController().signal)
await running.ended
process.stdout.write(running.logTail())`
    const script = 'exec 6</dev/null 9</etc/hostname; exec "$0" --input-type=module -e "$1"'
    expect(execFileSync('/bin/sh', ['-c', script, process.execPath, program], { encoding: 'utf8' })).toBe('done')
  })

  test('everything ends when this process is killed', async () => {
    const marker = randomUUID()
    const program = `
const { makeBwrapSandbox } = await import('${new URL('bwrap.ts', import.meta.url).href}')
const args = ['-c', 'setsid sh -c "sleep 60; : ${marker}" & echo ready >&3; sleep 60']
const command = { program: '/bin/sh', args, mounts: [], env: {}, limits: ${JSON.stringify(LIMITS)} }
const running = await makeBwrapSandbox('${findProgram('bwrap')}').start(command, new AbortController().signal)
running.events.once('data', () => process.kill(process.pid, 'SIGKILL'))`
    const host = spawn(process.execPath, ['--input-type=module', '-e', program])
    await once(host, 'exit')
    await vi.waitFor(() => expect(processesWith(marker)).toEqual([]), 2000)
  })

  test('a host that listens on loopback is not reached', async () => {
    const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const program = `import socket; socket.create_connection(('127.0.0.1', ${(server.address() as AddressInfo).port}), timeout=2)`
    const running = await startPython(bwrap, program)
    expect((await running.ended).exitCode).toBe(1)
    expect(running.logTail()).toContain('ConnectionRefusedError')
    server.close()
  })

  test('writes succeed in writable mounts and /tmp only', async () => {
    const [data, out] = [
      { host: makeFolder(), guest: '/data' },
      { host: makeFolder(), guest: '/out', writable: true },
    ]
    const script = 'for f in / /dev /usr /etc /data /out /tmp /dev/shm; do (: > $f/written) 2>/dev/null && echo $f; done >&3'
    const running = await startShell(bwrap, script, { mounts: [data, out] })
    expect((await readEvents(running)).trim().split('\n')).toEqual(['/out', '/tmp', '/dev/shm'])
    expect(readFileSync(join(out.host, 'written'), 'utf8')).toBe('')
  })

  test('a folder inside a mounted folder can be mounted too, in any order', async () => {
    const [outer, inner] = [makeFolder(), makeFolder()]
    writeFileSync(join(outer, 'a'), 'outer')
    execFileSync('mkdir', [join(outer, 'deep')])
    writeFileSync(join(inner, 'b'), 'inner')
    const mounts = [
      { host: inner, guest: '/data/deep' },
      { host: outer, guest: '/data' },
    ]
    const running = await startShell(bwrap, 'cat /data/a /data/deep/b >&3', { mounts })
    expect(await readEvents(running)).toBe('outerinner')
  })

  test('a program that no mount shows is an error in one sentence', async () => {
    const program = join(makeFolder(), 'program')
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 })
    const start = bwrap.start({ program, args: [], mounts: [], env: {}, limits: LIMITS }, neverAborted)
    await expect(start).rejects.toThrow(`the sandbox did not start: execvp ${program}: No such file or directory`)
  })

  test('a mount of what is not there is an error in one sentence', async () => {
    const start = startShell(bwrap, ':', { mounts: [{ host: '/nowhere/data', guest: '/data' }] })
    await expect(start).rejects.toThrow('cannot mount /nowhere/data: it does not exist')
  })

  test('a program that ends with what bwrap says is not taken for bwrap', async () => {
    const running = await startShell(bwrap, 'echo "bwrap: execvp: No such file" >&2; exit 1')
    expect(await running.ended).toMatchObject({ reason: 'exited', exitCode: 1 })
  })
})
