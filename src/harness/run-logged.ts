import { spawn } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'

export type LoggedRun = { readonly exitCode: number | null; readonly lastLines: readonly string[] }

const KEPT_LINES = 20

/**
 * Runs a trusted program with the user's environment; every line of stdout and stderr goes to the end of `logFile` and to `onLine`.
 * The child's stdin stays open as long as this process lives, so that the child can notice its death. An abort kills the child.
 */
export async function runLogged(
  command: {
    readonly program: string
    readonly args: readonly string[]
    readonly env: NodeJS.ProcessEnv
    readonly logFile: string
  },
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<LoggedRun> {
  signal.throwIfAborted()
  const lastLines: string[] = []
  const log = openSync(command.logFile, 'a')
  try {
    const child = spawn(command.program, command.args, { env: command.env, stdio: ['pipe', 'pipe', 'pipe'] })
    const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
    const kill = () => child.kill('SIGKILL')
    signal.addEventListener('abort', kill, { once: true })
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        keep(lastLines, line)
        appendLine(log, line)
        onLine(line)
      })
    }
    const exitCode = await ended.finally(() => signal.removeEventListener('abort', kill))
    signal.throwIfAborted()
    return { exitCode, lastLines }
  } finally {
    closeSync(log)
  }
}

function keep(lines: string[], line: string): void {
  if (line.trim() === '') return
  lines.push(line)
  if (lines.length > KEPT_LINES) lines.shift()
}

/** On a full disk the child fails too and says so; its last lines are kept in memory, so the log file may stay short. */
function appendLine(log: number, line: string): void {
  try {
    writeSync(log, line + '\n')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  }
}
