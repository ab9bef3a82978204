import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { isAbsolute } from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread } from 'node:worker_threads'

import { ExternalError } from '../core/errors.ts'
import { bwrapArguments } from './bwrap-arguments.ts'
import { checkProgram, findProgram, inheritedDescriptors, launch, withLimits } from './launch.ts'
import type { LaunchedChild } from './launch.ts'
import { readProcess } from './process-tree.ts'
import type { Command, Mount, RunningProcess, Sandbox } from './sandbox.ts'
import { closed, hasEnded, supervise } from './supervise.ts'
import type { Exit, Supervised } from './supervise.ts'

const ARGUMENTS_DESCRIPTOR = 4
const STATUS_DESCRIPTOR = 5
/** bwrap itself, and its process 1 inside. */
const OVERHEAD_COUNT = 2
const POLL_MILLISECONDS = 2
const START_MILLISECONDS = 10_000
const GONE_MILLISECONDS = 5000

/** Level 2: files, network, environment and processes of the host are out of reach; the kernel is trusted. */
export const makeBwrapSandbox = (programPath: string, version = 'bubblewrap'): Sandbox => ({
  level: 2,
  description: `${version}, no network, own process tree`,
  pathOf: (mount) => mount.guest,
  start: (command, signal) => start(programPath, command, signal),
})

const start = async (bwrap: string, command: Command, signal: AbortSignal): Promise<RunningProcess> => {
  // The kernel ties --die-with-parent to the thread that started bwrap: it would end with a worker, not with the process.
  if (!isMainThread) throw new Error('a sandbox may be started from the main thread only')
  signal.throwIfAborted()
  checkProgram(command.program)
  command.mounts.forEach(checkMount)
  const prlimit = findProgram('prlimit')
  if (prlimit === null) throw new ExternalError('sandbox', 'prlimit is missing', { fix: 'install the package util-linux' })
  const inherited = inheritedDescriptors(STATUS_DESCRIPTOR + 1)
  const extraPipes = [ARGUMENTS_DESCRIPTOR, STATUS_DESCRIPTOR, ...inherited]
  // bwrap closes what it reads arguments from: an empty pipe in the place of an inherited descriptor takes that one away.
  const readFrom = [ARGUMENTS_DESCRIPTOR, ...inherited].flatMap((descriptor) => ['--args', String(descriptor)])
  const options = [...readFrom, '--json-status-fd', String(STATUS_DESCRIPTOR)]
  const argv = withLimits(prlimit, command.limits, [bwrap, ...options, '--', command.program, ...command.args])
  // An empty environment from the start: what bwrap is given, process 1 inside shows in /proc/1/environ.
  // In a process group of its own: Ctrl-C on a terminal goes to every process of the foreground group, also to bwrap.
  const launched = await launch({ argv, env: {}, cwd: '/', detached: true, extraPipes })
  const [input, status, ...empty] = launched.extraPipes as [Duplex, Duplex, ...Duplex[]]
  for (const pipe of empty) pipe.end()
  const init = new NamespaceInit(status)
  const running = supervise({
    launched,
    overheadCount: OVERHEAD_COUNT,
    limits: command.limits,
    writableFolders: command.mounts.filter((mount) => mount.writable).map((mount) => mount.host),
    signal,
    countProcesses: () => init.countProcesses(),
    killAll: () => init.kill(launched.child.pid ?? 0),
    allGone: () => init.gone(),
    readExit,
  })
  input.end(
    bwrapArguments(command)
      .map((argument) => `${argument}\0`)
      .join(''),
  )
  await untilProgramRuns(launched, running, init)
  return running
}

/** bwrap does not say when the program starts: it has once process 1 has a child that is no longer bwrap itself. */
const untilProgramRuns = async ({ child }: LaunchedChild, running: Supervised, init: NamespaceInit): Promise<void> => {
  const until = performance.now() + START_MILLISECONDS
  while (!hasEnded(child) && !init.hasRunProgram() && performance.now() < until) await sleep(POLL_MILLISECONDS)
  if (!hasEnded(child)) return
  const { reason } = await running.ended
  if (reason !== 'exited' || init.hasExitCode()) return
  const said = running.log.tail(1).replace(/^bwrap: /, '')
  throw new ExternalError('sandbox', `the sandbox did not start: ${said || 'bwrap ended without a word'}`)
}

/** Process 1 of the sandbox's process namespace: with it, the kernel ends everything in the namespace. */
class NamespaceInit {
  readonly #status: Duplex
  #pid: number | null = null
  #startTicks: number | null = null
  #text = ''
  #isSetUp = false

  constructor(status: Duplex) {
    this.#status = status
    status.on('data', (chunk: Buffer) => this.#read(chunk))
  }

  hasRunProgram(): boolean {
    if (this.#pid === null) return false
    const children = childrenOf(this.#pid)
    // Without this file in the kernel nothing more can be known.
    if (children === null) return true
    this.#isSetUp ||= children.some((pid) => !['bwrap', ''].includes(nameOf(pid)))
    if (this.#isSetUp) runFirst(this.#pid)
    return this.#isSetUp
  }

  /**
   * Processes of the program, by the process list that those inside see: process 1 is not one of them.
   * Before it is set up, process 1 still sees the list of the host.
   */
  countProcesses(): number | null {
    try {
      return !this.#isSetUp ? null : readdirSync(`/proc/${this.#pid}/root/proc`).filter((name) => /^\d/.test(name)).length - 1
    } catch {
      // Not mounted yet, or ended.
      return null
    }
  }

  /** bwrap tells an exit code only of a program that it could start. */
  hasExitCode(): boolean {
    return this.#text.includes('"exit-code"')
  }

  /** Process 1 first: its parent bwrap then reaps it and ends by itself, so that no zombie is left to the host. */
  kill(bwrapPid: number): void {
    if (this.#isAlive()) sendKill(this.#pid)
    else sendKill(bwrapPid)
  }

  /** bwrap may end a moment before its namespace has. */
  async gone(): Promise<void> {
    await closed(this.#status)
    const until = performance.now() + GONE_MILLISECONDS
    while (this.#isAlive() && performance.now() < until) {
      sendKill(this.#pid)
      await sleep(POLL_MILLISECONDS)
    }
  }

  #isAlive(): boolean {
    const facts = this.#pid === null ? null : readProcess(this.#pid)
    // A zombie process 1 has already waited for the end of all others.
    return facts !== null && facts.startTicks === this.#startTicks && facts.state !== 'Z'
  }

  #read(chunk: Buffer): void {
    this.#text = (this.#text + chunk.toString('utf8')).slice(0, 4096)
    const pid = /"child-pid": (\d+)/.exec(this.#text)?.[1]
    if (pid === undefined || this.#pid !== null) return
    this.#pid = Number(pid)
    this.#startTicks = readProcess(this.#pid)?.startTicks ?? null
  }
}

/**
 * Process 1 has to run to be killed and to end the others, also among thousands of a fork bomb. Only root may ask for
 * that, and only root's processes are without a limit of their number in the kernel.
 */
const runFirst = (pid: number): void => {
  try {
    if (process.getuid?.() === 0) setPriority(pid, constants.priority.PRIORITY_HIGHEST)
  } catch {
    // Ended already, or a root without this right.
  }
}

const sendKill = (pid: number | null): void => {
  try {
    if (pid !== null && pid > 0) process.kill(pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}

const childrenOf = (pid: number): number[] | null => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number)
  } catch {
    return null
  }
}

const nameOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1').trim()
  } catch {
    // It ran and has ended already.
    return ''
  }
}

const checkMount = ({ host, guest }: Mount): void => {
  if (!isAbsolute(host) || !isAbsolute(guest))
    throw new ExternalError('sandbox', `a mount needs absolute paths, not ${host} at ${guest}`)
  if (!existsSync(host)) throw new ExternalError('sandbox', `cannot mount ${host}: it does not exist`)
}

/** bwrap reports a death by signal as 128 + number, as a shell does. */
const readExit = (exitCode: number | null, signal: NodeJS.Signals | null): Exit => {
  const number = (exitCode ?? 0) - 128
  const found = Object.entries(constants.signals).find(([, value]) => value === number)
  return number > 0 && found ? { exitCode: null, signal: found[0] as NodeJS.Signals } : { exitCode, signal }
}
