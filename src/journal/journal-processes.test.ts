import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { noSandbox } from '../../tests/support/needs-sandbox.ts'
import { temporaryFolder } from '../../tests/support/staged-dataset.ts'
import { readJournal } from './read-journal.ts'

const PRELUDE = `import { writeSync } from 'node:fs'
  import { openJournal } from ${JSON.stringify(join(import.meta.dirname, 'journal.ts'))}
  import * as sample from ${JSON.stringify(join(import.meta.dirname, '../../tests/support/sample-run.ts'))}
  const say = (line) => writeSync(1, line + '\\n')
  const open = () => openJournal(process.env.RUN, { onNote: (note) => say('note ' + note) })`

/** A real process that works on the journal of `folder` and tells lines. */
function start(folder: string, body: string): ChildProcess {
  return spawn(process.execPath, programOf(body), { env: { ...process.env, RUN: folder }, stdio: ['ignore', 'pipe', 'inherit'] })
}

const programOf = (body: string) => ['--input-type=module-typescript', '-e', `${PRELUDE}\n${body}`]

async function linesOf(child: ChildProcess): Promise<string[]> {
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout! })) lines.push(line)
  return lines
}

/** Appends for ever and tells each event that was acknowledged. */
const WRITER = `const journal = await open()
  if (journal.state().status === 'empty') for (const event of sample.opening()) await journal.append(event)
  else await journal.append({ type: 'run.resumed' })
  say('ready')
  for (;;) {
    const attempts = journal.state().trials[0].evaluations[0].attempts
    const { seq, at } = await journal.append({ ...sample.begun(0), attempt: attempts + 1 })
    say(seq + ' ' + at)
  }`

test('forty processes that are killed while they write lose nothing that was acknowledged', async () => {
  const folder = await temporaryFolder()
  const acknowledged: string[] = []
  for (let kill = 0; kill < 40; kill++) {
    const child = start(folder, WRITER)
    const told = linesOf(child)
    await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')])
    await sleep(kill)
    child.kill('SIGKILL')
    acknowledged.push(...(await told).filter((line) => /^\d/.test(line)))
    const { events } = await readJournal(folder)
    const recorded = new Set(events.map(({ seq, at }) => `${seq} ${at}`))
    expect(acknowledged.filter((line) => !recorded.has(line))).toEqual([])
  }
  expect(acknowledged.length).toBeGreaterThan(40)
}, 180_000)

test('of four processes that want one run at once one gets it, and the others name its process and say how to stop it', async () => {
  const folder = await temporaryFolder()
  const body = `try { await open(); say('open ' + process.pid); await new Promise((resolve) => setTimeout(resolve, 60_000)) }
    catch (error) { say(error.code + ': ' + error.message + ' | ' + error.fix) }`
  const children = Array.from({ length: 4 }, () => start(folder, body))
  const first = await Promise.all(children.map(async (child) => String((await once(child.stdout!, 'data'))[0]).trim()))
  const winners = first.filter((line) => line.startsWith('open'))
  expect(winners).toHaveLength(1)
  const pid = winners[0]!.slice(5)
  const name = folder.split('/').at(-1)!
  expect(first.filter((line) => line !== winners[0])).toEqual(
    Array(3).fill(`busy: the run ${name} is at work in process ${pid} | wait until it ends, or stop it: improve stop ${name}`),
  )
  process.kill(Number(pid), 'SIGKILL')
  const next = start(folder, body)
  expect(String((await once(next.stdout!, 'data'))[0])).toBe(`open ${next.pid}\n`)
  for (const child of [...children, next]) child.kill('SIGKILL')
}, 60_000)

test.skipIf(noSandbox)(
  'on a full disk the append fails in a sentence, the journal stays whole, and goes on once there is space',
  async () => {
    const folder = await temporaryFolder()
    const run = join(folder, 'run')
    await mkdir(run)
    const body = `import { rmSync, truncateSync, writeFileSync } from 'node:fs'
    const ballast = process.env.RUN + '/ballast'
    writeFileSync(ballast, Buffer.alloc(40_000))
    const journal = await open()
    for (const event of sample.opening()) await journal.append(event)
    let count = journal.state().trials[0].evaluations[0].attempts
    const next = () => journal.append({ ...sample.begun(0), attempt: count + 1 })
    try { for (;;) { await next(); count++ } } catch (error) { say(error.code + ': ' + error.message) }
    try { await next() } catch (error) { say('again ' + error.code) }
    rmSync(ballast)
    await next()
    await journal.close()
    const { state, events } = await (await import(${JSON.stringify(join(import.meta.dirname, 'read-journal.ts'))})).readJournal(process.env.RUN)
    say(state.trials[0].evaluations[0].attempts - count + ' ' + (events.length > 20))`
    const small = ['--dev-bind', '/', '/', '--size', '131072', '--tmpfs', run]
    const output = execFileSync('bwrap', [...small, process.execPath, ...programOf(body)], {
      env: { ...process.env, RUN: run },
      encoding: 'utf8',
    })
    expect(output.trim().split('\n')).toEqual(['disk: the disk is full: the run cannot go on', 'again disk', '1 true'])
  },
)
