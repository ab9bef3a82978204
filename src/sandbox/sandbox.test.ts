import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { describe, expect, test } from 'vitest'

import { ExternalError } from '../core/errors.ts'
import { interpreterMounts } from './interpreter-mounts.ts'
import {
  levels,
  LIMITS,
  makeFolder,
  neverAborted,
  processesWith,
  python,
  readEvents,
  startPython,
  startShell,
} from '../../tests/support/sandbox.ts'

describe.each(levels)('level $level', (sandbox) => {
  test('events arrive on descriptor 3, answers on stdin, text in the log', async () => {
    const running = await startShell(sandbox, 'echo question >&3; read answer; echo "$answer" >&3; echo out; echo err >&2')
    running.stdin.end('yes\n')
    expect(await readEvents(running)).toBe('question\nyes\n')
    const end = await running.ended
    expect(end).toMatchObject({ reason: 'exited', exitCode: 0, signal: null })
    expect(running.logTail().split('\n').toSorted()).toEqual(['err', 'out'])
  })

  test('the keys of a terminal do not reach it: its processes are in a group of their own', async () => {
    const mark = randomUUID()
    const running = await startShell(sandbox, `: ${mark}; echo ready >&3; read answer`)
    const groupOf = (pid: number | string) => Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[2])
    const groups = processesWith(mark).map(groupOf)
    await running.kill()
    expect(groups.length).toBeGreaterThan(0)
    expect(groups).not.toContain(groupOf(process.pid))
  })

  test('exit codes and signals are reported', async () => {
    expect(await (await startShell(sandbox, 'exit 7')).ended).toMatchObject({ reason: 'exited', exitCode: 7, signal: null })
    expect(await (await startShell(sandbox, 'kill -SEGV $$')).ended).toMatchObject({
      reason: 'exited',
      exitCode: null,
      signal: 'SIGSEGV',
    })
  })

  test('the environment is what was given and nothing else', async () => {
    process.env['IMPROVE_TEST_SECRET'] = 'secret'
    const running = await startShell(sandbox, 'env >&3', { env: { GIVEN: 'a b=c' } })
    // Shells set PWD themselves.
    const lines = (await readEvents(running))
      .trim()
      .split('\n')
      .filter((line) => !/^(PWD|SHLVL|_)=/.test(line))
    delete process.env['IMPROVE_TEST_SECRET']
    expect(lines).toEqual(['GIVEN=a b=c'])
  })

  test('a flood of output does not fill memory', { timeout: 30_000 }, async () => {
    const before = process.memoryUsage().rss
    const running = await startShell(sandbox, 'yes | head -c 300000000; echo last')
    await running.ended
    expect(running.logTail().split('\n').at(-1)).toBe('last')
    expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20)
  })

  test('a line of 64 MB is cut', { timeout: 30_000 }, async () => {
    const running = await startShell(sandbox, 'head -c 64000000 /dev/zero | tr "\\0" x; echo; echo next')
    await running.ended
    const lines = running.logTail().split('\n')
    expect(lines.at(-1)).toBe('next')
    expect(running.logTail().length).toBeLessThan(9 << 10)
  })

  test('a child that ignores SIGTERM ends at its time limit', async () => {
    const limits = { ...LIMITS, wallSeconds: 0.5 }
    const running = await startShell(sandbox, 'trap "" TERM; while :; do sleep 0.1; done', { limits })
    const end = await running.ended
    expect(end).toMatchObject({ reason: 'timeout', exitCode: null, signal: 'SIGKILL' })
    expect(end.wallSeconds).toBeGreaterThan(0.5)
    expect(end.wallSeconds).toBeLessThan(2)
  })

  test('a memory hog ends at its limit', async () => {
    const running = await startPython(
      sandbox,
      'import time\na = []\nwhile True: a.append(bytearray(b"x") * (8 << 20)); time.sleep(0.01)',
    )
    const end = await running.ended
    expect(end.reason).toBe('memory')
    expect(end.peakMemoryBytes).toBeGreaterThan(LIMITS.memoryBytes)
    expect(end.peakMemoryBytes).toBeLessThan(2 * LIMITS.memoryBytes)
  })

  test('memory that forked workers share counts once', async () => {
    const program = `
import os, time
held = bytearray(b'x') * (100 << 20)
for _ in range(4):
    if os.fork() == 0:
        time.sleep(0.8); os._exit(0)
for _ in range(4): os.wait()
`
    const end = await (await startPython(sandbox, program)).ended
    expect(end).toMatchObject({ reason: 'exited', exitCode: 0 })
    expect(end.peakMemoryBytes).toBeGreaterThan(100 << 20)
  })

  test('writing more than allowed into a writable folder ends it', async () => {
    const out = { host: makeFolder(), guest: '/out', writable: true }
    const limits = { ...LIMITS, outBytes: 20 << 20 }
    const script = `cd ${sandbox.pathOf(out)}; i=0; while :; do head -c 1000000 /dev/zero > $i; i=$((i+1)); sleep 0.01; done`
    const end = await (await startShell(sandbox, script, { mounts: [out], limits })).ended
    expect(end.reason).toBe('disk')
    expect(end.wallSeconds).toBeLessThan(5)
  })

  test('a single file ends at its limit', async () => {
    const out = { host: makeFolder(), guest: '/out', writable: true }
    const limits = { ...LIMITS, fileBytes: 1 << 20 }
    const running = await startPython(sandbox, `open('${sandbox.pathOf(out)}/big', 'wb').write(bytes(2 << 20))`, {
      mounts: [out],
      limits,
    })
    expect((await running.ended).exitCode).toBe(1)
    expect(running.logTail()).toContain('File too large')
  })

  test('too many processes end it', async () => {
    const script = 'i=0; while [ $i -lt 100 ]; do sleep 5 & i=$((i+1)); done; wait'
    const end = await (await startShell(sandbox, script)).ended
    expect(end).toMatchObject({ reason: 'processes', signal: 'SIGKILL' })
  })

  test('an abort ends it', async () => {
    const controller = new AbortController()
    const command = { program: '/bin/sh', args: ['-c', 'sleep 30'], mounts: [], env: {}, limits: LIMITS }
    const running = await sandbox.start(command, controller.signal)
    controller.abort()
    expect(await running.ended).toMatchObject({ reason: 'aborted', exitCode: null })
    await expect(sandbox.start(command, controller.signal)).rejects.toThrow('aborted')
  })

  test('kill after the end changes nothing', async () => {
    const running = await startShell(sandbox, 'exit 0')
    await running.ended
    expect(await running.kill()).toMatchObject({ reason: 'exited', exitCode: 0 })
  })

  test('a killed process leaves no child behind', async () => {
    const marker = randomUUID()
    const running = await startShell(
      sandbox,
      `sh -c 'sleep 30; : ${marker}' & sh -c 'sleep 30; : ${marker}' & echo ready >&3; wait`,
    )
    await new Promise((resolve) => running.events.once('data', resolve))
    expect(processesWith(marker).length).toBeGreaterThan(0)
    await running.kill()
    expect(processesWith(marker)).toEqual([])
  })

  test('a missing program is an error in one sentence', async () => {
    const command = { program: '/nowhere/python', args: [], mounts: [], env: {}, limits: LIMITS }
    await expect(sandbox.start(command, neverAborted)).rejects.toThrow(
      new ExternalError('sandbox', 'there is no executable program /nowhere/python'),
    )
  })

  test('a child that closes descriptor 3 or never reads stdin does no harm', async () => {
    const running = await startShell(sandbox, 'exec 3>&- 0<&-; sleep 0.1; exit 5')
    running.stdin.write('x'.repeat(1 << 20))
    expect(await readEvents(running)).toBe('')
    running.stdin.write('more')
    expect((await running.ended).exitCode).toBe(5)
    running.stdin.write('late')
    await sleep(20)
  })

  test('CPU seconds count ended grandchildren', async () => {
    const burn = 'import time\nwhile time.process_time() < 0.3: pass'
    const script = `${python} -I -c '${burn}'; sleep 0.3`
    const end = await (await startShell(sandbox, script, { mounts: interpreterMounts(python) })).ended
    expect(end.cpuSeconds).toBeGreaterThanOrEqual(0.28)
    expect(end.cpuSeconds).toBeLessThan(0.9)
  })

  test('only descriptors 0 to 3 are open', async () => {
    const program = `
import os
for name in os.listdir('/proc/self/fd'):
    try: os.write(3, (name + ' ' + os.readlink('/proc/self/fd/' + name) + '\\n').encode())
    except OSError: pass
`
    const lines = (await readEvents(await startPython(sandbox, program)))
      .trim()
      .split('\n')
      .toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    const open = lines.filter((line) => !line.includes('/proc/'))
    expect(open.slice(0, 4).map((line) => line.replace(/:.*/, ''))).toEqual(['0 socket', '1 socket', '2 socket', '3 socket'])
    // A plain process keeps the number of an inherited descriptor, as a socket that leads nowhere.
    const others = open.slice(4).filter((line) => sandbox.level === 2 || !line.includes('socket:'))
    expect(others).toEqual([])
  })
})
