import type { Estimate, MetricName } from './outcome.ts'

/** 10000 -> "10,000". */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** 0.9321 -> "93.2 %". */
export function formatPercent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`
}

/** A difference of shares in points: 0.0213 -> "2.1 points". */
export function formatPoints(share: number): string {
  return `${(share * 100).toFixed(1)} points`
}

/** A metric's estimate with its interval; shares as percent, a loss as a plain number. */
export function formatEstimate(metric: MetricName, estimate: Estimate): string {
  const show = (value: number) => (metric === 'log-loss' ? value.toFixed(3) : (value * 100).toFixed(1))
  const unit = metric === 'log-loss' ? '' : ' %'
  return `${show(estimate.value)}${unit}  (95 % interval ${show(estimate.low)} to ${show(estimate.high)})`
}

/** 0.42 -> "0.4 s", 75 -> "1 min 15 s", 7300 -> "2 h 2 min". */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** 8e9 -> "8.0 GB"; powers of 1000, as disks and limits are sold. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

/** Seconds left at the pace so far, or null before anything can be said. */
export function secondsLeft(doneShare: number, elapsedSeconds: number): number | null {
  return doneShare > 0.01 && doneShare < 1 ? (elapsedSeconds * (1 - doneShare)) / doneShare : null
}

/** "1 image", "1,200 images". */
export function plural(count: number, noun: string, plurals = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plurals}`
}

/** A word of a command that can be pasted into a shell. */
export function quoteForShell(word: string): string {
  return /^[\p{L}\p{N}_./:=@%+-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** Lines broken at spaces so that none is wider than `width`, unless a word is; lines after the first are indented. */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = indent + word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join('\n')
}

const LABEL_WIDTH = 14

/** A labelled line of a report, wrapped to 80 columns under its own text. */
export function row(label: string, text: string): string {
  return label.padEnd(LABEL_WIDTH) + wrap(text, 80 - LABEL_WIDTH).replaceAll('\n', `\n${' '.repeat(LABEL_WIDTH)}`)
}
