import { readFile } from 'node:fs/promises'
import { CommanderError } from 'commander'
import type { Command } from '@commander-js/extra-typings'
import { UsageError } from '../core/errors.ts'
import type { Context } from './context.ts'
import { EXIT, printError } from './print-error.ts'
import { makeProgram } from './program.ts'
import { makeTerminal } from './terminal.ts'

/** Runs one command line; returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const abort = new AbortController()
  const stop = () => abort.abort(new Error('interrupted'))
  const soft = makeSoftStop(stop)
  process.on('SIGINT', soft.interrupt)
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  for (const stream of [process.stdout, process.stderr]) stream.on('error', (error) => endQuietly(error, stop))
  const terminal = makeTerminal(process.stdout, process.stderr, process.cwd())
  const context: Context = {
    terminal,
    signal: abort.signal,
    softStop: soft.signal,
    acceptSoftStop: soft.accept,
    version: await readVersion(),
    exit: { code: EXIT.done },
  }
  try {
    await parse(makeProgram(context), argv)
    return context.exit.code
  } catch (error) {
    // What went wrong while a soft stop was under way is told: the stop itself is thrown as its reason.
    if (abort.signal.aborted || (soft.signal.aborted && error === soft.signal.reason)) {
      if (abort.signal.aborted) terminal.note('interrupted; nothing is left running')
      return EXIT.interrupted
    }
    return printError(error, terminal)
  }
}

/** Ctrl-C for commands that can end in good order: the first asks for it, the second stops at once, as for all other commands. */
function makeSoftStop(stopNow: () => void) {
  const controller = new AbortController()
  let onAsk: (() => void) | null = null
  return {
    signal: controller.signal,
    accept: (ask: () => void) => {
      onAsk = ask
    },
    interrupt: () => {
      if (onAsk === null || controller.signal.aborted) return stopNow()
      controller.abort(new Error('asked to stop'))
      onAsk()
    },
  }
}

/** The reader of our output has gone, as in `improve data . | head`: nobody is left to tell. */
function endQuietly(error: NodeJS.ErrnoException, stop: () => void): void {
  if (error.code !== 'EPIPE') throw error
  process.exitCode = EXIT.done
  stop()
}

async function parse(program: Command, argv: readonly string[]): Promise<void> {
  let said = ''
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: (text) => void (said += text), outputError: () => {} })
  }
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return
    throw usageError(error, said, program, argv)
  }
}

/** What commander says, in our form: message, evidence, fix. */
function usageError(error: CommanderError, said: string, program: Command, argv: readonly string[]): UsageError {
  const name = program.commands.find((command) => command.name() === argv[0])?.name()
  const help = name === undefined ? 'improve --help' : `improve ${name} --help`
  if (error.code === 'commander.help')
    return new UsageError('no command given', { evidence: said.trimEnd().split('\n'), fix: help })
  const [first = '', ...rest] = error.message
    .replace(/^error: /, '')
    .replace(/^option '(--[a-z-]+) .*' argument '(.*)' is invalid\. /, '$1 $2: ')
    .replace(/^command-argument value '(.*)' is invalid for argument '(.*)'\. /, '$2 $1: ')
    .split('\n')
  const suggestion = /Did you mean (?:one of )?([^?]+)\?/.exec(rest.join(' '))?.[1]
  return new UsageError(first, { fix: suggestion === undefined ? help : `did you mean ${suggestion}?` })
}

async function readVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
