import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCli } from '../../tests/support/cli.ts'
import { closing, opening, proposed, sampleSpec, begun, wholeTrial } from '../../tests/support/sample-run.ts'
import { temporaryFolder } from '../../tests/support/staged-dataset.ts'
import type { Pipeline } from '../core/pipeline.ts'
import type { RunEvent } from '../core/run-events.ts'
import type { RunSpec } from '../core/run-spec.ts'
import { hashPipeline, makeTrialStore, openJournal, runFolder } from '../journal/index.ts'
import type { Trial } from '../core/trial.ts'
import type { Context } from './context.ts'
import { showDiff } from './show-diff.ts'

const frozenClock = { now: () => new Date('2026-11-23T06:00:00Z'), monotonicSeconds: () => 0 }

const pipelineOf = (trial: number): Pipeline => ({
  data: 'IMAGE_SIZE = 28\n',
  model: 'WIDTH = 16\n',
  training: `RATE = 0.1\nWARM_UP = 0.${trial}\n`,
})

const storedTrial = (number: number): Trial => ({
  number,
  pipeline: pipelineOf(number),
  memos: { data: null, model: null, training: null },
  note: number === 0 ? 'Grey photos of faces, all upright.\n\nA small net at full resolution.' : 'the loss jumps',
})

/** Writes a run as the loop would, with the files of its trials. */
async function writeRun(parent: string, name: string, events: readonly RunEvent[], spec: Partial<RunSpec> = {}): Promise<string> {
  const folder = runFolder(join(parent, 'improve-runs', name))
  await mkdir(folder.folder, { recursive: true })
  const journal = await openJournal(folder.folder, { onNote: () => {}, clock: frozenClock })
  const store = makeTrialStore(folder, journal.state)
  for (const event of events) {
    if (event.type === 'trial.proposed') {
      const base = event.base === null ? null : storedTrial(event.base)
      await store.save(storedTrial(event.trial), null, base)
      await journal.append({ ...event, pipeline: hashPipeline(pipelineOf(event.trial)) })
    } else await journal.append(event.type === 'run.started' ? { ...event, spec: sampleSpec(spec) } : event)
  }
  await journal.close()
  return folder.folder
}

const search = [...opening(), ...wholeTrial(1, 0.9, 'kept'), ...wholeTrial(2, 0.895, 'rejected', 1)]
const faces = '2026-11-23-faces-4a7c'

async function improve(line: string, cwd: string) {
  const { code, stdout, stderr } = await runCli(line.split(' '), cwd)
  return { code, stdout: stdout.trimEnd(), stderr: stderr.replaceAll(cwd, '/here').trimEnd() }
}

test('list shows runs newest first, and one that cannot be read hides no other', async () => {
  const folder = await temporaryFolder()
  await writeRun(folder, faces, [...search, ...closing(1)])
  await writeRun(folder, '2026-11-24-stamps-0b0b', opening(), { createdAt: '2026-11-24T06:00:00Z', metric: 'macro-f1' })
  const long = '2026-11-22-fashion-product-pictures-of-last-summer-cafe'
  await writeRun(folder, long, opening().slice(0, 2), { createdAt: '2026-11-22T06:00:00Z' })
  const damaged = await writeRun(folder, '2026-11-21-old-aaaa', opening(), { createdAt: '2026-11-21T06:00:00Z' })
  await writeFile(join(damaged, 'journal.jsonl'), `x${await readFile(join(damaged, 'journal.jsonl'), 'utf8')}`)
  const { code, stdout } = await improve('list', folder)
  expect(code).toBe(0)
  expect(`\n${stdout}\n`).toMatchInlineSnapshot(`
    "
    run                          status       k/r/f  val (n)
    2026-11-24-stamps-0b0b       interrupted  0/0/0  88.1 % macro-f1 (1,050)
    2026-11-23-faces-4a7c        finished     1/1/0  88.1 -> 90.0 % accuracy (1,050)
    2026-11-22-fashion-product-pictures-of-last-summer-cafe
                                 interrupted  0/0/0  not scored
    2026-11-21-old-aaaa          damaged             line 1 of the journal is dama…
    "
  `)
})

test('list --json has the figures with their split and n', async () => {
  const folder = await temporaryFolder()
  await writeRun(folder, faces, search)
  const [run] = JSON.parse((await improve('list --json', folder)).stdout) as unknown[]
  expect(run).toMatchObject({
    name: faces,
    dataset: 'faces',
    status: 'interrupted',
    pid: null,
    proposals: { kept: 1, rejected: 1, failed: 0, open: 0 },
    baseline: { value: 0.881, split: 'val', n: 1050 },
    best: { trial: 1, value: 0.9, split: 'val', n: 1050 },
    damage: null,
  })
})

test('list says how to begin where there is no run', async () => {
  expect(await improve('list', await temporaryFolder())).toEqual({
    code: 0,
    stdout: '',
    stderr: 'no runs in improve-runs; start one: improve run ./my-images',
  })
})

test('show tells what was asked, what was tried, why it was decided so, and the best', async () => {
  const folder = await temporaryFolder()
  await writeRun(folder, faces, [...search, ...closing(1)])
  const { code, stdout } = await improve('show faces', folder)
  expect(code).toBe(0)
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(`\n${stdout}\n`).toMatchInlineSnapshot(`
    "
    run           improve-runs/2026-11-23-faces-4a7c
    status        finished (plateau), 0.0 s of work
    dataset       faces: 5,250 images, 2 classes, scheme rotating, /data/faces
    metric        accuracy
    budget        ends after 30 min of work or 12 proposals or 8 rejections in a
                  row; 30 s of training a trial
    team          playbook, strategy iterative, keep rule balanced, starts from
                  architect, seed 0
    machine       cpu, 2 threads, bfloat16; sandbox bubblewrap 0.8.0

    understanding Grey photos of faces, all upright.
    design        A small net at full resolution.

    #0 baseline: val accuracy 88.1 % (95 % 86.1..90.1), n = 1,050
    #1 training: val accuracy 90.0 % (95 % 88.0..92.0), n = 1,050; kept
        warm up a
        kept: +1.8 points (95 % +0.6..+3.0), 41 images newly right, 18 newly wrong,
        2 seeds, 1,050 images
    #2 training: val accuracy 89.5 % (95 % 87.5..91.5), n = 1,050; rejected
        warm up a
        rejected: +1.8 points (95 % +0.6..+3.0), 41 images newly right, 18 newly
        wrong, 2 seeds, 1,050 images

    lessons       schedule: warm-up helps
                  schedule: warm-up helps

    proposals     1 kept, 1 rejected, 0 failed; plateau: 8 rejections in a row
    baseline      val accuracy 88.1 % (95 % 86.1..90.1), n = 1,050
    best          #1, val accuracy 90.0 % (95 % 88.0..92.0), n = 1,050; chosen on
                  these images
    test          #0 as scored: test accuracy 87.0 % (95 % 85.0..89.0), n = 656
    test          #1 refit: test accuracy 90.5 % (95 % 88.5..92.5), n = 656
    gain on test  +1.8 points (95 % +0.6..+3.0), 41 images newly right, 18 newly
                  wrong, 2 seeds, 1,050 images
                  opened once so far
    files         improve-runs/2026-11-23-faces-4a7c/trials/0001
    classifier    improve-runs/2026-11-23-faces-4a7c/best
    next:  improve diff 2026-11-23-faces-4a7c
    "
  `)
})

test('show of one trial tells its diagnosis, its outcome per repeat and where its files lie', async () => {
  const folder = await temporaryFolder()
  await writeRun(folder, faces, search)
  const { stdout } = await improve('show 4a7c 1', folder)
  expect(`\n${stdout}\n`).toMatchInlineSnapshot(`
    "
    trial         #1, training, changed from #0
    diagnosis     train accuracy 0.99, dev 0.91: learnt by heart a
    bottleneck    overfitting; predicted +1.0 points of val accuracy
    task          regularise a
    change        training: warm up a (schedule)
    rationale     the loss jumps in the first passes
    repeat 0      val accuracy 90.0 % (95 % 88.0..92.0), n = 1,050; 1,200 steps in
                  31 s of training, 38 s in all; seed 100; trials/0001/repeat-0
    decision      kept: +1.8 points (95 % +0.6..+3.0), 41 images newly right, 18
                  newly wrong, 2 seeds, 1,050 images
    lesson        schedule: warm-up helps
    files         improve-runs/2026-11-23-faces-4a7c/trials/0001
    next:  improve diff 2026-11-23-faces-4a7c 1
    "
  `)
})

test('show --json is the state of the run', async () => {
  const folder = await temporaryFolder()
  await writeRun(folder, faces, [...search, proposed(3), begun(3)])
  const run = JSON.parse((await improve('show faces --json', folder)).stdout) as object
  expect(run).toMatchObject({
    status: 'interrupted',
    best: 1,
    understanding: storedTrial(0).note,
    proposals: { open: 1 },
    trials: [{}, {}, {}, {}],
  })
  const trial = JSON.parse((await improve('show faces #3 --json', folder)).stdout) as object
  expect(trial).toMatchObject({ number: 3, note: 'the loss jumps', evaluations: [{ finished: null, attempts: 1 }] })
})

test.each([
  ['show faces 9', 'error: there is no trial 9 in this run\n  trials  0 to 2\nfix: name one of these'],
  ['show faces x', 'error: trial x: it must be the number of a trial, such as 4\nfix: improve show --help'],
  [
    'show stamps',
    `error: there is no run stamps\n  looked in  /here/improve-runs\n  found      ${faces}\nfix: name a run of improve list, or another folder with --out`,
  ],
  [
    'diff faces 0',
    'error: trial 0 is the baseline: it changes nothing\nfix: name a later trial, or none for the best against the baseline',
  ],
])('improve %s is answered with what there is', async (line, complaint) => {
  const folder = await temporaryFolder()
  await writeRun(folder, faces, search)
  expect(await improve(line, folder)).toEqual({ code: 2, stdout: '', stderr: complaint })
})

test('diff shows the best against the baseline with rationale and effect, and is plain where it is piped', async () => {
  const folder = await temporaryFolder()
  await writeRun(folder, faces, search)
  const { stdout } = await improve('diff faces', folder)
  expect(`\n${stdout}\n`).toMatchInlineSnapshot(`
    "
    #0            val accuracy 88.1 % (95 % 86.1..90.1), n = 1,050
    #1            val accuracy 90.0 % (95 % 88.0..92.0), n = 1,050

    #1            training: warm up a
    why           the loss jumps in the first passes
    effect        kept: +1.8 points (95 % +0.6..+3.0), 41 images newly right, 18
                  newly wrong, 2 seeds, 1,050 images

    --- a/training.py
    +++ b/training.py
    @@ -1,2 +1,2 @@
     RATE = 0.1
    -WARM_UP = 0.0
    +WARM_UP = 0.1
    "
  `)
  execFileSync('git', ['apply', '--directory', 'sources', '-'], { cwd: await sourcesOf(folder, 0), input: `${stdout}\n` })
  expect(await readFile(join(folder, 'sources', 'training.py'), 'utf8')).toBe(pipelineOf(1).training)
})

/** A copy of a trial's three files in `sources/` of the folder, which it returns. */
async function sourcesOf(folder: string, trial: number): Promise<string> {
  await mkdir(join(folder, 'sources'))
  for (const [name, text] of Object.entries(pipelineOf(trial))) await writeFile(join(folder, 'sources', `${name}.py`), text)
  return folder
}

test('diff of a trial is against its base, not against the baseline', async () => {
  const folder = await temporaryFolder()
  await writeRun(folder, faces, search)
  const diff = JSON.parse((await improve('diff faces 2 --json', folder)).stdout) as { from: number; to: number; diff: string }
  expect(diff).toMatchObject({ from: 1, to: 2, trials: [{ number: 2 }] })
  expect(diff.diff).toContain('-WARM_UP = 0.1\n+WARM_UP = 0.2\n')
})

test('diff says so when nothing was kept, and when the files are not those that were trained', async () => {
  const folder = await temporaryFolder()
  const run = await writeRun(folder, faces, [...opening(), ...wholeTrial(1, 0.88, 'rejected')])
  expect((await improve('diff faces', folder)).stderr).toBe('no change was kept: the best pipeline is the baseline')
  await writeFile(join(run, 'trials', '0001', 'pipeline', 'model.py'), 'WIDTH = 99\n')
  expect(await improve('diff faces 1', folder)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('error: the files of trial 1 are missing, or are not those that were trained'),
  })
})

test('diff is coloured on a terminal', async () => {
  const folder = await temporaryFolder()
  await writeRun(folder, faces, search)
  const printed: string[] = []
  const terminal = {
    print: (text: string) => printed.push(text),
    note: () => {},
    redraw: null,
    columns: 80,
    hasColors: true,
    cwd: folder,
  }
  await showDiff({ run: faces, trial: undefined, out: 'improve-runs' }, { terminal } as unknown as Context)
  expect(printed.at(-1)).toContain('\u001b[31m-WARM_UP = 0.0\u001b[0m\n\u001b[32m+WARM_UP = 0.1\u001b[0m')
})

test('stop asks the process at work, waits until it is gone and says how to go on', async () => {
  const folder = await temporaryFolder()
  const run = await writeRun(folder, faces, search)
  const program = `import { openJournal } from ${JSON.stringify(join(import.meta.dirname, '../journal/index.ts'))}
    const journal = await openJournal(${JSON.stringify(run)}, { onNote: () => {} })
    await journal.append({ type: 'run.resumed' })
    process.on('SIGINT', () => setTimeout(async () => {
      await journal.append({ type: 'run.interrupted', reason: 'asked' })
      await journal.close()
      process.exit(0)
    }, 500))
    setInterval(() => {}, 1000)
    console.log('ready')`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  expect((await improve('list', folder)).stdout).toContain(`running ${child.pid}`)
  const stopped = await improve('stop faces', folder)
  expect(stopped).toEqual({
    code: 0,
    stdout: `go on:  improve resume ${faces}`,
    stderr: `process ${child.pid} was asked to stop when its training has ended; the same command again stops it at once\nstopped`,
  })
  expect(JSON.parse((await improve('show faces --json', folder)).stdout)).toMatchObject({ status: 'interrupted', pid: null })
}, 30_000)

test('stop says so when nothing runs, also when the run was killed', async () => {
  const folder = await temporaryFolder()
  await writeRun(folder, faces, search)
  expect(await improve('stop faces', folder)).toEqual({
    code: 0,
    stdout: `go on:  improve resume ${faces}`,
    stderr: `nothing runs in improve-runs/${faces}`,
  })
})
