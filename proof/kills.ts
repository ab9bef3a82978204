import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, readFile, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cacheFolder } from '../src/files/index.ts'
import { deriveSeed } from '../src/core/seeds.ts'
import type { StampedEvent } from '../src/core/run-events.ts'
import { findRuns, readJournal } from '../src/journal/index.ts'
import { writePngFolder } from '../tests/support/png-folder.ts'
import type { Proof } from './proof.ts'

const IMPROVE = join(import.meta.dirname, '..', 'bin', 'improve.mjs')
const KILLS = 50
/** A session that is killed at a random moment of its life: start, staging, a training, a decision. */
const LATEST_KILL_SECONDS = 9
/** After the journal names an evaluation, the kill comes within this time: inside its start, training, prediction or score. */
const INSIDE_SECONDS = 5
const RUN = ['--trials', '60', '--patience', '1000', '--train-seconds', '1', '--time', '5h', '--seed', '1', '--json']
/** A process that outlives its parent by this much counts as left behind. */
const GRACE_SECONDS = 5

/** Kills a run again and again with SIGKILL and lets it go on; then looks whether anything was lost, left, or trained twice. */
export async function proveKills(onNote: (line: string) => void): Promise<Proof> {
  const root = await mkdtemp(join(tmpdir(), 'improve-kills-'))
  const failures: string[] = []
  try {
    // A cache of its own, so that every process of this proof has the folder on its command line; the Python environment is shared.
    await mkdir(join(root, 'cache'))
    await symlink(join(cacheFolder(), 'python'), join(root, 'cache', 'python'))
    for (const split of ['train', 'val', 'test']) await writePngFolder(join(root, 'images', split), 60, split)
    let before: readonly StampedEvent[] = []
    for (let kill = 0; kill < KILLS; kill++) {
      const session = startSession(root)
      const isInside = kill % 2 === 1
      const moment = await waitForMoment(session, root, kill, isInside, before.length)
      session.kill('SIGKILL')
      await new Promise((done) =>
        session.exitCode === null && session.signalCode === null ? session.on('exit', done) : done(null),
      )
      const { events, problems } = await inspect(root, before)
      failures.push(...problems.map((problem) => `kill ${kill + 1} (${moment}): ${problem}`))
      before = events
      onNote(`kill ${kill + 1} of ${KILLS}, ${moment}: ${events.length} events`)
    }
    failures.push(...(await leftProcesses(root)))
  } finally {
    await rm(root, { recursive: true, force: true })
  }
  return {
    name: 'kills',
    tried: KILLS,
    failed: failures.length,
    claim: 'a run killed with SIGKILL goes on, loses nothing, trains nothing twice',
    failures,
  }
}

function startSession(root: string): ChildProcess {
  const command = [IMPROVE, 'run', join(root, 'images'), ...RUN, '--out', join(root, 'runs')]
  return spawn(process.execPath, command, { stdio: 'ignore', env: { ...process.env, IMPROVE_CACHE: join(root, 'cache') } })
}

/** Waits until the kill is due, and says in what the session was. */
async function waitForMoment(session: ChildProcess, root: string, kill: number, isInside: boolean, known: number): Promise<string> {
  const fraction = deriveSeed(kill, 'moment') / 2 ** 31
  if (!isInside) {
    await sleep(fraction * LATEST_KILL_SECONDS * 1000)
    return 'at a random moment'
  }
  for (;;) {
    const events = await eventsOf(root)
    const last = events.at(-1)
    if (events.length > known && last?.type === 'evaluation.started') break
    if (session.exitCode !== null) return 'after its end'
    await sleep(50)
  }
  await sleep(fraction * INSIDE_SECONDS * 1000)
  return 'inside an evaluation'
}

/** What was there stays there, and no evaluation begins once its result is written. */
async function inspect(
  root: string,
  before: readonly StampedEvent[],
): Promise<{ events: readonly StampedEvent[]; problems: string[] }> {
  const problems: string[] = []
  const events = await eventsOf(root)
  const runs = await findRuns(join(root, 'runs'))
  if (runs.length > 1) problems.push(`${runs.length} runs were made of one command`)
  const isPrefix = before.every((event, index) => JSON.stringify(event) === JSON.stringify(events[index]))
  if (!isPrefix) problems.push('events that were written are gone')
  const finished = new Set<string>()
  for (const event of events) {
    if (event.type === 'evaluation.started' && finished.has(`${event.trial}/${event.repeat}`))
      problems.push(`trial ${event.trial}, repeat ${event.repeat} was trained again although it was scored`)
    if (event.type === 'evaluation.finished' && event.outcome.status === 'scored')
      finished.add(`${event.record.trial}/${event.record.repeat}`)
  }
  return { events, problems }
}

async function eventsOf(root: string): Promise<readonly StampedEvent[]> {
  const [run] = await findRuns(join(root, 'runs'))
  return run === undefined ? [] : (await readJournal(run.folder)).events
}

/** Processes that still name the folder of this proof on their command line, a while after the last kill. */
async function leftProcesses(root: string): Promise<string[]> {
  await sleep(GRACE_SECONDS * 1000)
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter((line) => line.includes(root)).map((line) => `left running: ${line.replaceAll('\0', ' ').slice(0, 120)}`)
}
