import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll } from 'vitest'

import { interpreterMounts } from '../../src/sandbox/interpreter-mounts.ts'
import { makePlainSandbox } from '../../src/sandbox/plain.ts'
import type { Command, RunningProcess, Sandbox } from '../../src/sandbox/sandbox.ts'
import { sandboxHere } from './needs-sandbox.ts'

export const LIMITS = { memoryBytes: 2 ** 28, wallSeconds: 20, processCount: 32, fileBytes: 2 ** 28, outBytes: 2 ** 28 }

/** A path behind which no shell script hides, as pyenv's `python3` is one. */
export const python = execFileSync('python3', ['-c', 'import os, sys; print(os.path.realpath(sys.executable))'], {
  encoding: 'utf8',
}).trim()

export const bwrap: Sandbox = sandboxHere ?? makePlainSandbox()
export const levels: readonly Sandbox[] = sandboxHere ? [sandboxHere, makePlainSandbox()] : [makePlainSandbox()]

export const neverAborted = new AbortController().signal

export const startShell = (sandbox: Sandbox, script: string, more: Partial<Command> = {}): Promise<RunningProcess> =>
  sandbox.start({ program: '/bin/sh', args: ['-c', script], mounts: [], env: {}, limits: LIMITS, ...more }, neverAborted)

export const startPython = (sandbox: Sandbox, script: string, more: Partial<Command> = {}): Promise<RunningProcess> => {
  const mounts = [...interpreterMounts(python), ...(more.mounts ?? [])]
  const command = { program: python, args: ['-I', '-c', script], env: {}, limits: LIMITS, ...more, mounts }
  return sandbox.start(command, neverAborted)
}

export const readEvents = async (running: RunningProcess): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of running.events) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

/** A new folder that lasts as long as the test file runs. */
export const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'improve-test-'))
  folders.push(folder)
  return folder
}

/** Numbers of the processes whose command line holds `marker`. */
export const processesWith = (marker: string): string[] =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && commandLine(name).includes(marker))

const commandLine = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return ''
  }
}
