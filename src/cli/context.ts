import type { Terminal } from './terminal.ts'

/** What every command is given by `main`. */
export type Context = {
  readonly terminal: Terminal
  /** The user wants everything to stop now. */
  readonly signal: AbortSignal
  /** The user wants to stop at the next good place. */
  readonly softStop: AbortSignal
  /** A command that has good places says so, and what to do when it is asked; without this, Ctrl-C stops at once. */
  readonly acceptSoftStop: (onAsk: () => void) => void
  readonly version: string
  /** A command that did its work and found a failure sets this; the process exits with it. */
  readonly exit: { code: number }
}
