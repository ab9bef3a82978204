import type { Readable, Writable } from 'node:stream'

/** A folder or file of the host, as the child sees it. Without a sandbox the child is told the host path instead. */
export type Mount = { readonly host: string; readonly guest: string; readonly writable?: boolean }

export type Limits = {
  /**
   * Anonymous and shared memory of the whole process tree. Mapped files do not count, nor do files in /tmp and
   * /dev/shm, which are memory with a size of its own: together at most 1 GiB and a quarter of the machine's.
   */
  readonly memoryBytes: number
  readonly wallSeconds: number
  readonly processCount: number
  /** Largest single file. */
  readonly fileBytes: number
  /** All of the writable mounts together. */
  readonly outBytes: number
}

export type Command = {
  readonly program: string
  readonly args: readonly string[]
  readonly mounts: readonly Mount[]
  /** The whole environment of the child; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  readonly limits: Limits
}

export type EndReason = 'exited' | 'timeout' | 'memory' | 'processes' | 'disk' | 'aborted'

export type End = {
  readonly reason: EndReason
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly peakMemoryBytes: number
  readonly cpuSeconds: number
  readonly wallSeconds: number
}

export type RunningProcess = {
  /** What the child writes to descriptor 3; may still hold something to read when `ended` is resolved. */
  readonly events: Readable
  readonly stdin: Writable
  /** At most the last 100 lines and 8 KiB of stdout and stderr, control characters stripped. */
  readonly logTail: () => string
  readonly ended: Promise<End>
  /** Kills every descendant; resolves when all are gone. */
  readonly kill: (reason?: EndReason) => Promise<End>
}

export type SandboxLevel = 2 | 0

export type Sandbox = {
  readonly level: SandboxLevel
  /** One line for people: "bubblewrap 0.8.0, no network, own process tree". */
  readonly description: string
  /** The path under which the child sees `mount`. */
  readonly pathOf: (mount: Mount) => string
  readonly start: (command: Command, signal: AbortSignal) => Promise<RunningProcess>
}
