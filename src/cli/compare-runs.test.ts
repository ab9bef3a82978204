import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCli } from '../../tests/support/cli.ts'
import { sampleLlm, writeComparedRun } from '../../tests/support/compared-run.ts'
import type { RunEvent } from '../core/run-events.ts'
import type { RunSpec } from '../core/run-spec.ts'
import type { Told } from '../../tests/support/compared-run.ts'
import { sampleSpec } from '../../tests/support/sample-run.ts'
import { temporaryFolder } from '../../tests/support/staged-dataset.ts'

const playbook = (seed: number, val: number, onTest: Told['test']): Told => ({
  spec: { seed },
  baseline: 0.88,
  proposals: [{ val, isKept: true, component: 'data' }, { val: 0.87, component: 'model' }, { val: null }],
  test: onTest,
})

const llm = (seed: number, onTest: Told['test']): Told => ({
  spec: { seed, team: 'llm', llm: sampleLlm(), repairs: 2 },
  baseline: 0.87,
  proposals: [
    { val: 0.89, isKept: true, component: 'model', calls: [{}, { outputTokens: 2000, usd: 0.1 }] },
    { val: 0.92, isKept: true, component: 'data', isRepaired: true, calls: [{}] },
  ],
  test: onTest,
})

async function improve(line: string, cwd: string) {
  const { code, stdout, stderr } = await runCli(line.split(' '), cwd)
  return { code, stdout: stdout.trimEnd(), stderr: stderr.replaceAll(cwd, '/here').trimEnd() }
}

async function threeRuns(): Promise<string> {
  const folder = await temporaryFolder()
  await writeComparedRun(folder, 'faces-0001', playbook(0, 0.9, [0.86, 0.885]))
  await writeComparedRun(folder, 'faces-0002', playbook(1, 0.91, [0.87, 0.9]))
  await writeComparedRun(folder, 'faces-0003', llm(0, [0.86, 0.91]))
  return folder
}

test('compare shows test, proposals, cost, components, curves and the margin, group by group', async () => {
  const folder = await threeRuns()
  const { code, stdout, stderr } = await improve('compare 0001 0002 0003', folder)
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'curves:  add --html compare.html' })
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(`\n${stdout}\n`).toMatchInlineSnapshot(`
    "
    dataset       faces: 5,250 images, 2 classes
    metric        accuracy; 30 s of training a trial
    machine       cpu, 2 threads, bfloat16
    A             playbook, strategy iterative, starts from architect, keep rule
                  balanced: 2 runs, seeds 0, 1
                  repairs 0
    B             llm openai:big, strategy iterative, starts from architect, keep
                  rule balanced: 1 run, seed 0
                  repairs 2

    sealed test: accuracy in %, mean (sd over seeds), gain with its 95 % interval
         n       baseline  final          gain
    A  656     86.5 (0.7)  89.3 (1.1)     +2.8 (-0.4..+5.9 over 2 seeds)
    B  656  86.0 (1 seed)  91.0 (1 seed)  +5.0 (+3.8..+6.2 over images)
    Seeds share the images of the test: intervals over seeds leave their draw out.

    proposals of all runs; scored (valid), and scored as first written, without
    repair
       decided  kept  rejected  failed     scored  at first  repairs
    A        6     2         2       2   4 (67 %)  4 (67 %)        0
    B        2     2         0       0  2 (100 %)  1 (50 %)        1

    cost of one run: mean of the finished ones; CPU-seconds of scored trainings and
    refits
           active  CPU-seconds  tokens in  tokens out     money
    A  7 min 30 s          234          -           -  no calls
    B  5 min 50 s          234     15,000       4,000  0.20 USD

    components: what was chosen, and what kept changes earned a run, on val (n =
    1,050) where they were chosen
       component  chosen  scored  kept       earned
    A  data            2       2     2  +2.5 points
    A  model           2       2     0            -
    A  training        2       0     0            -
    B  data            1       1     1  +5.0 points
    B  model           1       1     1  +2.0 points

    best so far on val by proposals: accuracy in %, n = 1,050, mean (sd over seeds)
                0           1           2           3
    A  88.0 (0.0)  90.5 (0.7)  90.5 (0.7)  90.5 (0.7)
    B        87.0        89.0        92.0        92.0

    best so far on val by active time: accuracy in %, n = 1,050, mean (sd over
    seeds)
       0.0 s  1 min 40 s  3 min 20 s       5 min  6 min 40 s
    A      -  88.0 (0.0)  90.5 (0.7)  90.5 (0.7)  90.5 (0.7)
    B      -        87.0        89.0        92.0        92.0

    best so far on val by dollars: accuracy in %, n = 1,050, mean (sd over seeds)
        0.000 USD   0.050 USD   0.100 USD   0.150 USD   0.200 USD
    A  90.5 (0.7)  90.5 (0.7)  90.5 (0.7)  90.5 (0.7)  90.5 (0.7)
    B        87.0        87.0        87.0        89.0        92.0

    margin over the playbook (A) at equal time: best so far, mean (sd over seeds),
    on val after 5 min, when the first search had ended; n = 1,050
         best so far  difference
    A     90.5 (0.7)  the playbook
    B  92.0 (1 seed)  +1.5 points (no interval: it takes 2 seeds on each side)
    "
  `)
})

test('two seeds on each side give the margin its interval, by time and not by end', async () => {
  const folder = await threeRuns()
  await writeComparedRun(folder, 'faces-0004', llm(1, [0.87, 0.93]))
  const { stdout } = await improve('compare 0003 0004 0001 0002', folder)
  expect(stdout.slice(stdout.indexOf('margin'))).toMatchInlineSnapshot(`
    "margin over the playbook (B) at equal time: best so far, mean (sd over seeds),
    on val after 5 min, when the first search had ended; n = 1,050
       best so far  difference
    A   92.0 (0.0)  +1.5 points (95 % -4.9..+7.9 over seeds)
    B   90.5 (0.7)  the playbook"
  `)
})

test('an unfinished run is named, and is not in the figures of the test', async () => {
  const folder = await threeRuns()
  await writeComparedRun(folder, 'faces-0004', llm(1, null))
  const { stdout } = await improve('compare 0003 0004', folder)
  expect(stdout.slice(stdout.indexOf('A  '), stdout.indexOf('proposals of'))).toMatchInlineSnapshot(`
    "A             llm openai:big, strategy iterative, starts from architect, keep
                  rule balanced: 2 runs, seeds 0, 1
                  unfinished, so not in the figures of the test: faces-0004
                  (interrupted)

    sealed test: accuracy in %, mean (sd over seeds), gain with its 95 % interval
         n       baseline  final          gain
    A  656  86.0 (1 seed)  91.0 (1 seed)  +5.0 (+3.8..+6.2 over images)

    "
  `)
  expect(stdout.slice(stdout.indexOf('margin'))).toMatchInlineSnapshot(`
    "margin        no search of the playbook with strategy iterative has ended among
                  these runs, so that a margin over it cannot be told; add one:
                  improve run <dataset> without --llm"
  `)
})

test('a group says what else has helped its team, and runs that are no second seed', async () => {
  const folder = await temporaryFolder()
  const before: RunEvent[] = [
    { type: 'hint.given', text: 'look at the ears' },
    { type: 'team.replaced', by: 'playbook', reason: 'the quota is used up' },
  ]
  const helped = llm(0, [0.86, 0.91])
  await writeComparedRun(folder, 'faces-0001', { ...helped, proposals: [{ val: 0.9, isKept: true, before }] })
  await writeComparedRun(folder, 'faces-0002', helped)
  const { stdout } = await improve('compare 0001 0002', folder)
  expect(stdout.slice(stdout.indexOf('A  '), stdout.indexOf('proposals of'))).toMatchInlineSnapshot(`
    "A             llm openai:big, strategy iterative, starts from architect, keep
                  rule balanced: 2 runs, seeds 0, 0
                  a seed occurs more than once: these runs are not independent
                  in faces-0001 the playbook took over at trial 1: the quota is used
                  up
                  in faces-0001 the team was given 1 hint by the user

    sealed test: accuracy in %, mean (sd over seeds), gain with its 95 % interval
         n       baseline  final          gain
    A  656  86.0 (1 seed)  91.0 (1 seed)  +5.0 (1 seed)

    "
  `)
})

test('log loss is shown in nats, less is better, and fits the width', async () => {
  const folder = await temporaryFolder()
  const told = (seed: number, after: number, team: Partial<RunSpec>): Told => ({
    spec: { ...team, seed, metric: 'log-loss' },
    baseline: 0.412,
    proposals: [{ val: after, isKept: true }],
    test: [0.42, after],
  })
  for (const seed of [0, 1, 2]) {
    await writeComparedRun(folder, `faces-a${seed}`, told(seed, 0.3 + seed / 100, {}))
    await writeComparedRun(folder, `faces-b${seed}`, told(seed, 0.2 + seed / 50, { strategy: 'random' }))
  }
  const { stdout } = await improve('compare a0 a1 a2 b0 b1 b2', folder)
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(stdout.slice(stdout.indexOf('metric'), stdout.indexOf('machine'))).toMatchInlineSnapshot(`
    "metric        log-loss (less is better); 30 s of training a trial
    "
  `)
  expect(stdout.slice(stdout.indexOf('sealed'), stdout.indexOf('Seeds share'))).toMatchInlineSnapshot(`
    "sealed test: log-loss in nats, mean (sd over seeds), gain with its 95 % interval
         n       baseline  final          gain
    A  656  0.420 (0.000)  0.310 (0.010)  +0.110 (+0.085..+0.135 over 3 seeds)
    B  656  0.420 (0.000)  0.220 (0.020)  +0.200 (+0.150..+0.250 over 3 seeds)
    "
  `)
  expect(stdout.slice(stdout.indexOf('margin'))).toMatchInlineSnapshot(`
    "margin over the playbook (A) at equal time: best so far, mean (sd over seeds),
    on val after 3 min 20 s, when the first search had ended; n = 1,050
         best so far  difference
    A  0.310 (0.010)  the playbook
    B  0.220 (0.020)  +0.090 nats (95 % +0.034..+0.146 over seeds)"
  `)
})

test('a run on other images or with other training is refused with what differs and where', async () => {
  const folder = await threeRuns()
  const { dataset, budget } = sampleSpec()
  const other = { dataset: { ...dataset, contentHash: 'd' }, budget: { ...budget, trainSeconds: 60 } }
  await writeComparedRun(folder, 'faces-0004', { ...playbook(3, 0.9, [0.5, 0.6]), spec: other })
  const refused = await improve('compare 0001 0004', folder)
  expect(refused).toMatchObject({ code: 2, stdout: '' })
  expect(`\n${refused.stderr}\n`).toMatchInlineSnapshot(`
    "
    error: these runs are not comparable: they differ in images, training of a trial
      images  c: faces-0001
      images  d: faces-0004
      training of a trial  30 s: faces-0001
      training of a trial  60 s: faces-0004
    fix: name runs on the same images with the same --metric and --train-seconds, or add --force to see these side by side, marked
    "
  `)
  const forced = await improve('compare 0001 0004 --force', folder)
  expect(forced.code).toBe(0)
  expect(forced.stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(forced.stdout.slice(0, forced.stdout.indexOf('proposals of'))).toMatchInlineSnapshot(`
    "dataset       faces: 5,250 images, 2 classes (of A)
    metric        accuracy; 30 s of training a trial (of A)
    machine       cpu, 2 threads, bfloat16
    A             playbook, strategy iterative, starts from architect, keep rule
                  balanced: 1 run, seed 0
                  train seconds 30
    B!            playbook, strategy iterative, starts from architect, keep rule
                  balanced: 1 run, seed 0
                  train seconds 60
    !             B! not comparable with A: images: c / d; training of a trial: 30 s
                  / 60 s

    sealed test: accuracy in %, mean (sd over seeds), gain with its 95 % interval
          n       baseline  final          gain
    A   656  86.0 (1 seed)  88.5 (1 seed)  +2.5 (+1.3..+3.7 over images)
    B!  656  50.0 (1 seed)  60.0 (1 seed)  +10.0 (+8.8..+11.2 over images)

    "
  `)
  expect(forced.stdout).toContain('\nB!        3     1')
})

test('prices that are not known leave tokens only, and no curve by dollars', async () => {
  const folder = await temporaryFolder()
  const local = llm(0, [0.86, 0.91])
  const proposals = local.proposals.map((each) => ({ ...each, calls: [{ usd: null }] }))
  await writeComparedRun(folder, 'faces-0001', { ...local, proposals })
  const { stdout } = await improve('compare 0001', folder)
  expect(stdout).toMatch(/10,000 +2,000 +tokens only\n/)
  expect(stdout).not.toContain('by dollars')
})

test('compare --json has every figure with its split and n', async () => {
  const { stdout } = await improve('compare 0001 0002 0003 --json', await threeRuns())
  expect(JSON.parse(stdout)).toMatchObject({
    groups: [
      { name: 'A', test: { n: [656], final: { runs: 2, seeds: 2 } }, curves: [{ n: 1050, run: 'faces-0001' }, {}] },
      { name: 'B', runs: [{ name: 'faces-0003', seed: 0, status: 'finished' }], cost: { usd: 0.2 } },
    ],
    margins: { seconds: 300, split: 'val', n: [1050], reference: 'A' },
    mismatches: [],
  })
})

test('compare --html writes one page with three charts that needs no other file and shows untrusted words as words', async () => {
  const folder = await threeRuns()
  const named = { ...llm(0, [0.86, 0.91]), spec: { ...llm(0, null).spec, init: '<script>alert(1)</script>' } }
  await writeComparedRun(folder, 'faces-0004', named)
  const { code, stderr } = await improve('compare 0001 0002 0003 0004 --html page.html', folder)
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'the same with curves:  page.html' })
  const page = await readFile(join(folder, 'page.html'), 'utf8')
  expect(page.match(/<svg /g)).toHaveLength(3)
  expect(page).toContain('val accuracy in %, n = 1,050')
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  expect(page).not.toMatch(/<script|<link|src=|href=|NaN|Infinity|undefined/)
})

test.each([
  ['compare 0001 0001', 'error: the run faces-0001 is named twice\nfix: name each run once: a run is no second seed of itself'],
  ['compare 0001 --html 0002', 'error: --html 0002: it must be the name of a page\nfix: name a file such as compare.html'],
  [
    'compare 0001 --html no/where.html',
    'error: --html no/where.html: there is no folder for it\n  looked for  /here/no\nfix: make the folder, or name a file in one that exists',
  ],
  ['compare 0001 --html folder.html', 'error: --html folder.html is a folder\nfix: name a file such as compare.html'],
])('improve %s is answered with a fix, and writes nothing', async (line, complaint) => {
  const folder = await threeRuns()
  await mkdir(join(folder, 'folder.html'))
  expect(await improve(line, folder)).toEqual({ code: 2, stdout: '', stderr: complaint })
  expect(existsSync(join(folder, 'no'))).toBe(false)
})
