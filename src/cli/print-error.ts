import { ImproveError, UsageError } from '../core/errors.ts'
import type { Terminal } from './terminal.ts'

export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const

/** Message, evidence, fix; a stack only for what is our own mistake. Returns the exit code. */
export function printError(error: unknown, terminal: Terminal): number {
  if (error instanceof ImproveError) {
    terminal.note(`error: ${error.message}`)
    for (const line of error.evidence) terminal.note(`  ${line}`)
    if (error.fix !== undefined) terminal.note(`fix: ${error.fix}`)
    return error instanceof UsageError ? EXIT.usage : EXIT.failed
  }
  if (isFullDisk(error)) {
    terminal.note(`error: the disk is full (${error.message})`)
    terminal.note('fix: free some space and run the command again')
    return EXIT.failed
  }
  terminal.note(
    `error: this is a mistake in improve itself: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  )
  return EXIT.failed
}

/** Whether the system refused to write for want of space. */
export function isFullDisk(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}
