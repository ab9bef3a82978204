import { availableParallelism } from 'node:os'

import { diskUsage } from './disk-usage.ts'
import { endedChildrenCpuSeconds, ProcessTree, readMemory, readProportionalMemory } from './process-tree.ts'
import type { ProcessFacts } from './process-tree.ts'
import type { EndReason, Limits } from './sandbox.ts'

const TICK_MILLISECONDS = 200
/** Near a limit: at some GB/s a hog passes far beyond it within one slow tick. */
const CLOSE_TICK_MILLISECONDS = 50
const CLOSE_FRACTION = 0.5
const SLOW_CHECK_SECONDS = 1

export type WatchdogOptions = {
  readonly pid: number
  /** Processes of ours at the top of the tree that do not count against the limit. */
  readonly overheadCount: number
  readonly limits: Limits
  readonly writableFolders: readonly string[]
  readonly kill: (reason: EndReason) => void
}

/** Measures a process tree several times a second and kills it when it exceeds a limit. */
export class Watchdog {
  readonly #options: WatchdogOptions
  readonly #tree: ProcessTree
  readonly #startedAt = performance.now()
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #members: readonly ProcessFacts[] = []
  #peakMemoryBytes = 0
  #cpuSeconds = 0
  #endedCpuSeconds = endedChildrenCpuSeconds()
  #measuredAt = performance.now()
  #checkedSharingAt = -Infinity
  #checkedDiskAt = performance.now()

  constructor(options: WatchdogOptions) {
    this.#options = options
    this.#tree = new ProcessTree(options.pid)
    this.#schedule(CLOSE_TICK_MILLISECONDS)
  }

  /** The tree as last seen. */
  get members(): readonly ProcessFacts[] {
    return this.#members
  }

  look(): readonly ProcessFacts[] {
    this.#members = this.#tree.scan()
    return this.#members
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  /** To be read right after the child was reaped: then its last moments are in the count of this process's ended children. */
  usage(): { peakMemoryBytes: number; cpuSeconds: number; wallSeconds: number } {
    const now = performance.now()
    const possible = this.#cpuSeconds + ((now - this.#measuredAt) / 1000) * availableParallelism()
    // Other children that ended since the last tick are in the difference too, hence the bound.
    const ended = endedChildrenCpuSeconds() - this.#endedCpuSeconds
    const cpuSeconds = Math.max(this.#cpuSeconds, Math.min(ended, possible))
    return { peakMemoryBytes: this.#peakMemoryBytes, cpuSeconds, wallSeconds: (now - this.#startedAt) / 1000 }
  }

  #schedule(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#tick(), milliseconds)
  }

  #tick(): void {
    const { limits, overheadCount, kill } = this.#options
    const members = this.look()
    const count = members.length - overheadCount
    const seconds = (performance.now() - this.#startedAt) / 1000
    // The cheap count comes first: a fork bomb leaves no time for more.
    if (count > limits.processCount) return kill('processes')
    if (seconds > limits.wallSeconds) return kill('timeout')
    const memoryBytes = this.#measure(members)
    if (memoryBytes > limits.memoryBytes) return kill('memory')
    this.#checkDisk()
    const isClose = memoryBytes > limits.memoryBytes * CLOSE_FRACTION || count > limits.processCount * CLOSE_FRACTION
    const untilTimeout = (limits.wallSeconds - seconds) * 1000 + 1
    if (!this.#stopped) this.#schedule(Math.min(isClose ? CLOSE_TICK_MILLISECONDS : TICK_MILLISECONDS, untilTimeout))
  }

  #measure(members: readonly ProcessFacts[]): number {
    this.#measuredAt = performance.now()
    this.#endedCpuSeconds = endedChildrenCpuSeconds()
    this.#cpuSeconds = Math.max(this.#cpuSeconds, sum(members.map((member) => member.cpuSeconds)))
    const each = members.map((member) => readMemory(member.pid))
    const memoryBytes = this.#withoutSharing(members, sum(each), Math.max(0, ...each))
    this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes, memoryBytes)
    return memoryBytes
  }

  /** Forked workers share pages, which the plain sum counts once for each: above the limit, the dear exact figure decides. */
  #withoutSharing(members: readonly ProcessFacts[], plainSum: number, largest: number): number {
    const { memoryBytes } = this.#options.limits
    if (plainSum <= memoryBytes || largest > memoryBytes) return plainSum
    if (this.#measuredAt - this.#checkedSharingAt < SLOW_CHECK_SECONDS * 1000) return largest
    this.#checkedSharingAt = this.#measuredAt
    const exact = members.map((member) => readProportionalMemory(member.pid) ?? readMemory(member.pid))
    return Math.max(largest, sum(exact))
  }

  #checkDisk(): void {
    const { limits, writableFolders, kill } = this.#options
    if (performance.now() - this.#checkedDiskAt < SLOW_CHECK_SECONDS * 1000) return
    this.#checkedDiskAt = Infinity
    const judge = (bytes: number): void => {
      this.#checkedDiskAt = performance.now()
      if (bytes > limits.outBytes && !this.#stopped) kill('disk')
    }
    diskUsage(writableFolders, limits.outBytes).then(judge, () => judge(Infinity))
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
