import type { ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { COMPONENTS } from '../../src/core/pipeline.ts'
import type { Pipeline } from '../../src/core/pipeline.ts'
import { cacheFolder } from '../../src/files/cache-folder.ts'
import { ensurePythonEnvironment, readPipelineFolder } from '../../src/harness/index.ts'
import { findRuns, readJournal } from '../../src/journal/index.ts'
import { runCli } from '../support/cli.ts'
import { startLlmServer } from '../support/llm-server.ts'
import type { LlmServer, Play } from '../support/llm-server.ts'
import { writePngFolder } from '../support/png-folder.ts'

let root = ''
let tiny: Pipeline
let server: LlmServer
const KEY = 'sk-planted-1234567890abcdef'
const SHORT = ['--train-seconds', '1', '--time', '10m', '--no-refit'] as const

beforeAll(async () => {
  await ensurePythonEnvironment({ onProgress: () => {}, signal: new AbortController().signal })
  root = await mkdtemp(join(tmpdir(), 'improve-e2e-'))
  await mkdir(join(root, 'cache'))
  await symlink(join(cacheFolder(), 'python'), join(root, 'cache', 'python'))
  for (const split of ['train', 'val', 'test']) await writePngFolder(join(root, 'halves', split), 40, split)
  tiny = await readPipelineFolder(join(import.meta.dirname, '..', '..', 'harness', 'tests', 'pipelines', 'tiny'))
})
afterEach(() => server.close())
afterAll(() => rm(root, { recursive: true, force: true }))

const improve = (args: readonly string[], onStart?: (child: ChildProcess) => void) =>
  runCli(args, root, { IMPROVE_CACHE: join(root, 'cache'), LOCAL_API_KEY: KEY }, onStart)
const asks = (out: string) => ['--llm', 'local:m', '--base-url', server.url, '--out', out]

async function onlyRun(out: string) {
  const runs = await findRuns(join(root, out))
  expect(runs).toHaveLength(1)
  const folder = runs[0]?.folder ?? ''
  return { folder, ...(await readJournal(folder)) }
}

const reply = (text: string): Play => ({ play: 'reply', text })
const block = (name: string, source: string) => `\`\`\`python\n# ${name}.py\n${source}\n\`\`\``
const facts = (value: object) => `\`\`\`json\n${JSON.stringify(value)}\n\`\`\``
const design = () =>
  reply(
    [facts({ understanding: 'bright halves', design: 'a small net' }), ...COMPONENTS.map((name) => block(name, tiny[name]))].join(
      '\n\n',
    ),
  )
const diagnose = (task: string) =>
  reply(JSON.stringify({ diagnosis: 'val 80 %', bottleneck: 'underfitting', component: 'training', task, predictedGain: 0.5 }))
const change = (title: string, from: string, to: string) =>
  reply(
    `${facts({ title, kind: 'rate', rationale: 'a try', labelSafety: null })}\n\n${block('training', tiny.training.replace(from, to))}`,
  )

/** What the engineer's code is in trial 1, mended after that, and again in trial 2. */
const WHOLE_RUN = () => [
  design(),
  diagnose('halve the rate'),
  change('half the rate', 'PEAK_RATE = 0.1 ', 'PEAK_RATE = 0.05  # no such\nRATES = UNKNOWN_NAME '),
  change('half the rate, mended', 'PEAK_RATE = 0.1 ', 'PEAK_RATE = 0.05 '),
  diagnose('no label smoothing'),
  reply('I am sorry, here is my advice: use less smoothing.'),
  change('no smoothing', 'LABEL_SMOOTHING = 0.1', 'LABEL_SMOOTHING = 0.0'),
]

test('a language model designs, diagnoses, writes and mends; the run is scored like any other', async () => {
  server = await startLlmServer(WHOLE_RUN())
  const { code, stdout, stderr } = await improve(['run', 'halves', ...SHORT, '--trials', '2', ...asks('whole')])
  expect({ code, stderr }).toMatchObject({ code: 0 })
  const { folder, state } = await onlyRun('whole')
  expect(state.trials[1]?.failures).toMatchObject([{ status: 'failed', message: expect.stringContaining('UNKNOWN_NAME') }])
  expect(state.trials[1]?.evaluations[0]?.finished?.outcome.status).toBe('scored')
  expect(state.trials[1]?.changes).toMatchObject([{ component: 'training', title: 'half the rate' }])
  expect(state.trials[2]?.changes).toMatchObject([{ title: 'no smoothing' }])
  expect(state.calls.map(({ role, trial }) => `${role} ${trial}`)).toEqual([
    'architect 0',
    'analyst 1',
    'training 1',
    'training 1',
    'analyst 2',
    'training 2',
    'training 2',
  ])
  expect(stderr).toMatch(/mended by its author: half\s+the rate/)
  expect(stdout).toMatch(/^model calls   7 calls, [\d,]+ tokens in, [\d,]+ out, price not known/m)
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const file of files.filter((entry) => entry.isFile()))
    expect(await readFile(join(file.parentPath, file.name), 'latin1')).not.toContain(KEY)

  const replayed = await improve(['run', 'halves', ...SHORT, '--trials', '2', '--llm', `replay:${folder}`, '--out', 'again'])
  expect({ code: replayed.code, stderr: replayed.stderr }).toMatchObject({ code: 0 })
  const again = await onlyRun('again')
  expect(again.state.trials.map(({ pipeline, changes }) => ({ pipeline, changes }))).toEqual(
    state.trials.map(({ pipeline, changes }) => ({ pipeline, changes })),
  )
  expect(again.state.calls.every(({ isReplayed }) => isReplayed)).toBe(true)
  expect(server.requests).toHaveLength(7)
})

test('when the provider is gone the run pauses with what to do, and goes on where it was', async () => {
  const script = WHOLE_RUN()
  server = await startLlmServer(
    (_, index) => script[index] ?? { play: 'status', status: 401, body: { error: { message: 'bad key' } } },
  )
  const first = await improve(['run', 'halves', ...SHORT, '--trials', '3', ...asks('paused')])
  expect(first.code).toBe(1)
  expect(first.stderr).toMatch(/error: [^\n]*key/)
  expect(first.stderr).not.toContain(KEY)
  expect(first.stderr).toContain('go on:  improve resume')
  const { folder, state } = await onlyRun('paused')
  expect(state).toMatchObject({ status: 'interrupted', finished: null })
  expect(state.trials).toHaveLength(3)
  const second = await improve(['run', 'halves', ...SHORT, '--trials', '3', ...asks('paused'), '--fallback', 'playbook'])
  // Another fallback is another run: it begins anew, and the provider that is gone is replaced at once.
  expect(second.code).toBe(0)
  const runs = await findRuns(join(root, 'paused'))
  const newest = runs.find((run) => run.folder !== folder)
  expect((await readJournal(newest?.folder ?? '')).state.replacements).toMatchObject([{ by: 'playbook', trial: 0 }])
})

test('a run that is killed while the model is asked repeats at most one call', async () => {
  const script = WHOLE_RUN()
  let stalled = false
  server = await startLlmServer((_, index) => {
    if (index === 4 && !stalled) {
      stalled = true
      return { play: 'stall' }
    }
    return script[Math.min(stalled ? index - 1 : index, script.length - 1)] ?? { play: 'broken-json' }
  })
  const command = ['run', 'halves', ...SHORT, '--trials', '2', ...asks('killed')]
  const killed = await improve(command, (child) => {
    void (async () => {
      while (!stalled) await sleep(50)
      child.kill('SIGKILL')
    })()
  })
  expect(killed.code).not.toBe(0)
  const before = server.requests.length
  const second = await improve(command)
  if (second.code !== 0) throw new Error(second.stderr)
  expect({ code: second.code, stderr: second.stderr }).toMatchObject({ code: 0 })
  const { state } = await onlyRun('killed')
  expect(state.trials).toHaveLength(3)
  expect(before).toBe(5)
  expect(server.requests).toHaveLength(8)
})

test('options about a language model without one are refused in a sentence', async () => {
  server = await startLlmServer([])
  const { code, stderr } = await improve(['run', 'halves', '--strategy', 'zero-shot', '--max-usd', '3'])
  expect(code).toBe(2)
  expect(stderr).toContain('--max-usd, --strategy zero-shot: for a team that is a language model, and none is named')
})
