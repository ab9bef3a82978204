import { tmpdir } from 'node:os'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

import { checkProgram, findProgram, inheritedDescriptors, launch, withLimits } from './launch.ts'
import type { ProcessFacts } from './process-tree.ts'
import { readProcess } from './process-tree.ts'
import type { Command, RunningProcess, Sandbox } from './sandbox.ts'
import { supervise } from './supervise.ts'

const FIRST_FREE_DESCRIPTOR = 4
const GONE_MILLISECONDS = 2000
const POLL_MILLISECONDS = 5
const QUIET_EVENTS_MILLISECONDS = 1000

/** Level 0, no containment: empty environment, limits and kill hold, but the process sees and may do what the user may. */
export const makePlainSandbox = (): Sandbox => ({
  level: 0,
  description: 'no sandbox: a plain process with limits',
  pathOf: (mount) => mount.host,
  start,
})

const start = async (command: Command, signal: AbortSignal): Promise<RunningProcess> => {
  signal.throwIfAborted()
  const { program, args, env, limits, mounts } = command
  checkProgram(program)
  const argv = withLimits(findProgram('prlimit'), limits, [program, ...args])
  const inherited = inheritedDescriptors(FIRST_FREE_DESCRIPTOR)
  const launched = await launch({ argv, env, cwd: tmpdir(), detached: true, extraPipes: inherited })
  for (const pipe of launched.extraPipes) pipe.destroy()
  const group = launched.child.pid ?? 0
  const running = supervise({
    launched,
    overheadCount: 0,
    limits,
    writableFolders: mounts.filter((mount) => mount.writable).map((mount) => mount.host),
    signal,
    countProcesses: () => null,
    killAll: (look) => killAll(group, look()),
    allGone: (look) => killLeftovers(group, look),
    readExit: (exitCode, exitSignal) => ({ exitCode, signal: exitSignal }),
  })
  running.ended.then(
    () => closeQuietEvents(launched.eventPipe, running.events),
    () => {},
  )
  return running
}

const killAll = (group: number, members: readonly ProcessFacts[]): void => {
  signalAll(-group)
  for (const { pid, startTicks } of members) if (readProcess(pid)?.startTicks === startTicks) signalAll(pid)
}

const killLeftovers = async (group: number, look: () => readonly ProcessFacts[]): Promise<void> => {
  const until = performance.now() + GONE_MILLISECONDS
  for (let left = look(); performance.now() < until; left = look()) {
    killAll(group, left)
    if (left.every((facts) => facts.state === 'Z')) return
    await sleep(POLL_MILLISECONDS)
  }
}

const signalAll = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}

/** A descendant that was never seen may hold the pipe open; the reader of the events must not wait for ever. */
const closeQuietEvents = (pipe: Readable, events: Readable): void => {
  const timer = setInterval(() => {
    if (pipe.closed) clearInterval(timer)
    else if (pipe.readableLength + events.readableLength === 0) pipe.destroy()
  }, QUIET_EVENTS_MILLISECONDS)
  timer.unref()
}
