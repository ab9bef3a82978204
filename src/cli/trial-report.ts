import { relative } from 'node:path'
import { formatCount, formatEstimate, formatSeconds, quoteForShell, row } from '../core/format.ts'
import type { Failed, MetricName, Scored, StageSeconds } from '../core/outcome.ts'
import { mean, sampleDeviation } from '../core/statistics.ts'
import { failureLines } from './failure-text.ts'
import { nameForBundle } from './find-bundle.ts'
import { speedRows } from './speed-text.ts'
import type { Terminal } from './terminal.ts'
import type { Trial, TrialRun } from './trial.ts'

/** What a trial came to. */
export type TrialEnd = {
  readonly trial: Trial
  readonly runs: readonly TrialRun[]
  /** How often the test has been opened, this time included; null when it was left sealed. */
  readonly openings: number | null
  /** The folder with the classifier; null when there is none. */
  readonly best: string | null
}

/** Prints what a trial came to, as text or JSON; true when every evaluation was scored. */
export function printTrial(end: TrialEnd, terminal: Terminal): boolean {
  const { trial, runs } = end
  const folder = relative(terminal.cwd, trial.folder) || '.'
  const outcomes = runs.flatMap((run) => [run.val, run.refit, run.test].filter((outcome) => outcome !== null))
  const failure = outcomes.find((outcome) => outcome.status === 'failed')
  if (trial.options.json) terminal.print(JSON.stringify(trialJson(end), null, 2))
  if (failure !== undefined) {
    printFailure(failure, folder, terminal)
    return false
  }
  if (!trial.options.json) printScored(end, folder, terminal)
  return true
}

function printFailure(failure: Failed, folder: string, terminal: Terminal): void {
  for (const line of failureLines(failure)) terminal.note(line)
  terminal.note(`next: mend the pipeline and try again; its files and log lie in ${folder}`)
}

function printScored({ trial, runs, openings, best }: TrialEnd, folder: string, terminal: Terminal): void {
  const { metric } = trial.options
  for (const line of splitLines('val', metric, scoredOf(runs, 'val'))) terminal.print(line)
  for (const line of splitLines('test', metric, scoredOf(runs, 'test'))) terminal.print(line)
  if (openings !== null)
    terminal.print(row('', `the test of this dataset has been opened ${openings === 1 ? 'once' : `${openings} times`}`))
  terminal.print(row('time', timeText(trial, runs)))
  const cpu = sum(scoredOf(runs, 'val').flatMap((scored) => scored.trainings.map((training) => training.cpuSeconds)))
  terminal.print(row('', `${formatCount(cpu)} CPU-seconds of training`))
  for (const [label, text] of speedRows(scoredOf(runs, 'val'))) terminal.print(row(label, text))
  terminal.print(row('files', folder))
  terminal.print(row(best === null ? 'next' : 'more', nextTry(trial)))
  // A line that is not broken can be pasted.
  const name = quoteForShell(nameForBundle(trial.folder, terminal.cwd))
  if (best !== null) terminal.print(`${row('next', 'improve predict')} ${name} my-picture.jpg`)
}

/** One line for the chosen metric of each seed, and one for the mean of several. */
function splitLines(split: 'val' | 'test', metric: MetricName, scored: readonly Scored[]): string[] {
  // Wide enough for both splits, so that their values stand under each other.
  const width = Math.max(18, `test ${metric} `.length)
  const lines = scored.map(({ metrics }) =>
    row(`${split} ${metric}`.padEnd(width), `${formatEstimate(metric, metrics.chosen)}, n = ${formatCount(metrics.n)}`),
  )
  if (scored.length < 2) return lines
  const values = scored.map(({ metrics }) => metrics.chosen.value)
  const scale = metric === 'log-loss' ? 1 : 100
  const unit = metric === 'log-loss' ? '' : ' %'
  return [
    ...lines,
    row(
      split,
      `mean of ${scored.length} seeds ${(mean(values) * scale).toFixed(2)}${unit}, standard deviation ${(sampleDeviation(values) * scale).toFixed(2)}, n = ${formatCount(scored[0]?.metrics.n ?? 0)}`,
    ),
  ]
}

function timeText({ prepareSeconds }: Trial, runs: readonly TrialRun[]): string {
  const total = totalSeconds(runs)
  const parts = [
    ['prepare', prepareSeconds],
    ['start', total.start],
    ['smoke', total.smoke],
    ['train', total.train],
    ['predict', total.predict],
    ['score', total.score],
  ] as const
  return parts.map(([name, seconds]) => `${name} ${formatSeconds(seconds)}`).join(', ')
}

function totalSeconds(runs: readonly TrialRun[]): StageSeconds {
  const all = runs.flatMap((run) => [run.val, run.refit, run.test].flatMap((outcome) => outcome?.seconds ?? []))
  const of = (stage: keyof StageSeconds) => sum(all.map((seconds) => seconds[stage]))
  return { start: of('start'), smoke: of('smoke'), train: of('train'), predict: of('predict'), score: of('score') }
}

/** The try that is worth making after this one. */
function nextTry({ options }: Trial): string {
  const groups = options.groups === undefined ? '' : ` --groups ${quoteForShell(options.groups)}`
  const base = `improve try ${quoteForShell(options.dataset)}${groups}`
  if (options.pipeline === undefined)
    return `${base} --seconds ${options.seconds * 4}   (more time), or change a copy of pipeline/ and add --pipeline`
  return `${base} --pipeline ${quoteForShell(options.pipeline)} --seed ${options.seed + options.seeds}   (how much is luck)`
}

/** The same as data. */
function trialJson({ trial, runs, openings, best }: TrialEnd): unknown {
  const { dataset, options, chosen } = trial
  return {
    status: runs.every((run) => [run.val, run.refit, run.test].every((outcome) => outcome?.status !== 'failed'))
      ? 'scored'
      : 'failed',
    dataset: {
      name: trial.card.name,
      imageCount: trial.card.imageCount,
      classCount: trial.card.classes.length,
      scheme: dataset.facts.scheme,
      contentHash: dataset.facts.contentHash,
    },
    pipeline: chosen.name,
    metric: options.metric,
    runs,
    testOpenings: openings,
    seconds: { prepare: trial.prepareSeconds, ...totalSeconds(runs) },
    folder: trial.folder,
    best,
  }
}

function scoredOf(runs: readonly TrialRun[], split: 'val' | 'test'): Scored[] {
  return runs.map((run) => run[split]).filter((outcome) => outcome?.status === 'scored')
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
