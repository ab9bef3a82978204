import { formatSeconds } from '../core/format.ts'
import { withProgress } from './terminal.ts'
import type { Terminal } from './terminal.ts'

/** Says that the machine is being measured once it lasts: a stored measurement is there at once. */
export function withMeasuring<T>(terminal: Terminal, work: () => Promise<T>): Promise<T> {
  const describe = (seconds: number) =>
    seconds < 1 ? null : `measuring how fast this machine trains, about 10 s: ${formatSeconds(seconds)}`
  return withProgress(terminal, describe, work)
}
