import type { Terminal } from './terminal.ts'

/** What every command is given by `main`. */
export type Context = {
  readonly terminal: Terminal
  readonly signal: AbortSignal
  readonly version: string
  /** A command that did its work and found a failure sets this; the process exits with it. */
  readonly exit: { code: number }
}
