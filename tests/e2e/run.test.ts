import type { ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, readFile, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cacheFolder } from '../../src/files/cache-folder.ts'
import type { RunEvent } from '../../src/core/run-events.ts'
import { ensurePythonEnvironment } from '../../src/harness/index.ts'
import { findRuns, readJournal } from '../../src/journal/index.ts'
import { runCli } from '../support/cli.ts'
import { writePngFolder } from '../support/png-folder.ts'

/** A working folder with pictures that have splits of their own, so that an evaluation is one training. */
let root = ''
let env: NodeJS.ProcessEnv = {}
const SHORT = ['--train-seconds', '1', '--time', '10m'] as const

beforeAll(async () => {
  await ensurePythonEnvironment({ onProgress: () => {}, signal: new AbortController().signal })
  root = await mkdtemp(join(tmpdir(), 'improve-e2e-'))
  await mkdir(join(root, 'cache'))
  await symlink(join(cacheFolder(), 'python'), join(root, 'cache', 'python'))
  env = { IMPROVE_CACHE: join(root, 'cache') }
  for (const split of ['train', 'val', 'test']) await writePngFolder(join(root, 'halves', split), 40, split)
})

afterAll(() => rm(root, { recursive: true, force: true }))

const improve = (args: readonly string[], onStart?: (child: ChildProcess) => void) => runCli(args, root, env, onStart)

async function stateIn(out: string) {
  const runs = await findRuns(join(root, out))
  expect(runs).toHaveLength(1)
  return readJournal(runs[0]?.folder ?? '')
}

/** Waits until the journal of the only run holds an event of this type. */
async function waitFor(out: string, type: RunEvent['type'], count: number): Promise<void> {
  for (;;) {
    const [run] = await findRuns(join(root, out))
    const events = run === undefined ? [] : (await readJournal(run.folder)).events
    if (events.filter((event) => event.type === type).length >= count) return
    await sleep(50)
  }
}

test('a run proposes, decides, opens the test once, and leaves a classifier that predicts', async () => {
  const { code, stdout, stderr } = await improve(['run', 'halves', ...SHORT, '--trials', '2', '--out', 'whole'])
  expect({ code, stderr }).toMatchObject({ code: 0 })
  expect([...stdout.split('\n'), ...stderr.split('\n')].filter((line) => line.length > 80)).toEqual([])
  expect(stderr).toMatch(/^#0 {3}baseline, seed 1: val [\d.]+ % +\(95 % interval [\d.]+ to [\d.]+\), n = 80$/m)
  expect(stderr).toMatch(/^ {5}(kept|rejected)[^\n]*: /m)
  expect(stdout).toMatch(/^test +baseline [\d.]+ % +\(95 % interval/m)
  expect(stdout.trimEnd().split('\n').slice(-2).join(' ')).toContain('improve predict')
  const { state, events } = await stateIn('whole')
  expect(state.trials.length).toBeLessThanOrEqual(3)
  expect(events.filter((event) => event.type === 'test.opened')).toHaveLength(1)
  const [folder = ''] = (await readdir(join(root, 'whole'))).map((name) => join('whole', name))
  const card = JSON.parse(await readFile(join(root, folder, 'dataset', 'card.json'), 'utf8'))
  expect(card).toMatchObject({ smallestVisibleGain: expect.any(Number) })
  const [picture = ''] = await readdir(join(root, 'halves', 'test', 'bright-top'))
  const answer = await improve(['predict', folder, join('halves', 'test', 'bright-top', picture), '--format', 'jsonl'])
  expect(answer.code).toBe(0)
  expect(JSON.parse(answer.stdout)).toMatchObject({ class: expect.stringMatching(/^bright-(left|top)$/) })
})

test('a run that is killed goes on with the same command and trains nothing again that was scored', async () => {
  const command = ['run', 'halves', ...SHORT, '--trials', '1', '--out', 'killed']
  await improve(command, (child) => {
    void waitFor('killed', 'evaluation.finished', 1).then(() => child.kill('SIGKILL'))
  })
  const before = await stateIn('killed')
  expect(before.state.finished).toBeNull()
  const { code, stderr } = await improve(command)
  expect({ code, stderr }).toMatchObject({ code: 0 })
  const { events, state } = await stateIn('killed')
  expect(state.finished).not.toBeNull()
  expect(JSON.stringify(events.slice(0, before.events.length))).toBe(JSON.stringify(before.events))
  const begun = events.flatMap((event) => (event.type === 'evaluation.started' ? [`${event.trial}/${event.repeat}`] : []))
  expect(begun.filter((each) => each === '0/0')).toHaveLength(1)
})

test('Ctrl-C ends a run after its training and says how to go on; resume does', async () => {
  const { code, stderr } = await improve(['run', 'halves', ...SHORT, '--trials', '1', '--out', 'stopped'], (child) => {
    void waitFor('stopped', 'evaluation.started', 1).then(() => child.kill('SIGINT'))
  })
  expect(code).toBe(130)
  expect(stderr).toMatch(/go on: {2}improve resume (stopped\/\S+)/)
  const { state } = await stateIn('stopped')
  expect(state).toMatchObject({ status: 'interrupted' })
  expect(state.trials[0]?.evaluations[0]?.finished?.outcome.status).toBe('scored')
  const resumed = await improve(['resume', /improve resume (\S+)/.exec(stderr)?.[1] ?? ''])
  expect({ code: resumed.code, stderr: resumed.stderr }).toMatchObject({ code: 0 })
  expect((await stateIn('stopped')).state.finished).not.toBeNull()
})

test('a time in which nothing can be tried is refused with what to change', async () => {
  const { code, stderr } = await improve(['run', 'halves', '--time', '60s', '--train-seconds', '60', '--out', 'none'])
  expect(code).toBe(2)
  expect(stderr).toMatch(/error: --time 60s leaves no room for a single proposal\n {2}.*\nfix: /)
  expect(await readFile(join(root, 'none', 'run.json'), 'utf8').catch(() => null)).toBeNull()
})
