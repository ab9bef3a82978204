import { formatSeconds } from '../core/format.ts'

/** Where a command writes and what it may ask of its surroundings; tests bring their own. */
export type Terminal = {
  /** What was asked for. */
  readonly print: (text: string) => void
  /** Progress and diagnosis, one line. */
  readonly note: (line: string) => void
  /** A line that the next one replaces; null when the output is not a terminal. */
  readonly redraw: ((line: string) => void) | null
  readonly columns: number
  /** Whether `print` reaches a terminal that shows colours; `NO_COLOR` and a terminal without them say no. */
  readonly hasColors: boolean
  readonly cwd: string
}

type Stream = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns' | 'hasColors'>

const WIDTH = 80
const ERASE_LINE = '\r\u001b[K'

export function makeTerminal(stdout: Stream, stderr: Stream, cwd: string): Terminal {
  const isLive = stderr.isTTY
  let hasOpenLine = false
  const clear = () => {
    if (hasOpenLine) stderr.write(ERASE_LINE)
    hasOpenLine = false
  }
  return {
    print: (text) => {
      clear()
      stdout.write(`${text}\n`)
    },
    note: (line) => {
      clear()
      stderr.write(`${line}\n`)
    },
    redraw: isLive
      ? (line) => {
          const room = (stderr.columns || WIDTH) - 1
          stderr.write(`${ERASE_LINE}${[...line].slice(0, room).join('')}`)
          hasOpenLine = true
        }
      : null,
    columns: Math.min(stdout.columns || WIDTH, WIDTH),
    // A stream that is no terminal lacks the method.
    hasColors: stdout.isTTY && stdout.hasColors(),
    cwd,
  }
}

const REDRAW_MILLISECONDS = 250
const LINE_MILLISECONDS = 10_000

/**
 * Shows how far something is: one line that updates on a terminal, else a plain line now and then. `describe` is called with the
 * seconds since the start and returns the line, or null while there is nothing to say.
 */
export async function withProgress<T>(
  terminal: Terminal,
  describe: (elapsedSeconds: number) => string | null,
  work: () => Promise<T>,
): Promise<T> {
  const started = performance.now()
  const show = terminal.redraw ?? terminal.note
  const tick = () => {
    const line = describe((performance.now() - started) / 1000)
    if (line !== null) show(line)
  }
  const timer = setInterval(tick, terminal.redraw === null ? LINE_MILLISECONDS : REDRAW_MILLISECONDS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
    terminal.redraw?.('')
  }
}

/** "about 2 min left", or nothing while it cannot be said. */
export function showLeft(seconds: number | null): string {
  return seconds === null ? '' : `, about ${seconds < 60 ? `${Math.max(1, Math.round(seconds))} s` : formatSeconds(seconds)} left`
}
