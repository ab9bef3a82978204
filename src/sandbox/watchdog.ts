import { availableParallelism } from 'node:os'

import { diskUsage } from './disk-usage.ts'
import { endedChildrenCpuSeconds, ProcessTree, readMemory, readProportionalMemory } from './process-tree.ts'
import type { ProcessFacts } from './process-tree.ts'
import type { EndReason, Limits } from './sandbox.ts'

const TICK_MILLISECONDS = 50
/** Reading every process costs more than counting them. */
const MEASURE_MILLISECONDS = 200
/** Above this part of a limit every tick measures: at some GB/s a hog passes far beyond it within 200 ms. */
const CLOSE_FRACTION = 0.5
const SLOW_CHECK_SECONDS = 1

export type WatchdogOptions = {
  readonly pid: number
  /** Processes of ours at the top of the tree that do not count against the limit. */
  readonly overheadCount: number
  /**
   * Number of processes, cheaply: a fork bomb starves whoever has to look at each process of it.
   * Null: not known, then the walk of the tree counts.
   */
  readonly countProcesses: () => number | null
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
  #isClose = true
  #peakMemoryBytes = 0
  #cpuSeconds = 0
  #endedCpuSeconds = endedChildrenCpuSeconds()
  #measuredAt = performance.now()
  #checkedSharingAt = -Infinity
  #checkedDiskAt = performance.now()
  #isDiskFull = false

  constructor(options: WatchdogOptions) {
    this.#options = options
    this.#tree = new ProcessTree(options.pid)
    this.#schedule()
  }

  look(): readonly ProcessFacts[] {
    return this.#tree.scan()
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

  #schedule(): void {
    const untilTimeout = this.#options.limits.wallSeconds * 1000 - (performance.now() - this.#startedAt)
    if (!this.#stopped) this.#timer = setTimeout(() => this.#tick(), Math.min(TICK_MILLISECONDS, untilTimeout + 1))
  }

  #tick(): void {
    const reason = this.#findExcess()
    if (reason === null) return this.#schedule()
    this.#stopped = true
    this.#options.kill(reason)
  }

  #findExcess(): EndReason | null {
    const { limits, overheadCount, countProcesses } = this.#options
    if ((countProcesses() ?? 0) > limits.processCount) return 'processes'
    const now = performance.now()
    if (now - this.#startedAt > limits.wallSeconds * 1000) return 'timeout'
    this.#checkDisk()
    if (this.#isDiskFull) return 'disk'
    if (!this.#isClose && now - this.#measuredAt < MEASURE_MILLISECONDS) return null
    const members = this.look()
    const count = members.length - overheadCount
    if (count > limits.processCount) return 'processes'
    const memoryBytes = this.#measure(members)
    this.#isClose = memoryBytes > limits.memoryBytes * CLOSE_FRACTION || count > limits.processCount * CLOSE_FRACTION
    return memoryBytes > limits.memoryBytes ? 'memory' : null
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

  /** Its verdict comes with a later tick. */
  #checkDisk(): void {
    const { limits, writableFolders } = this.#options
    if (performance.now() - this.#checkedDiskAt < SLOW_CHECK_SECONDS * 1000) return
    this.#checkedDiskAt = Infinity
    const judge = (bytes: number): void => {
      this.#checkedDiskAt = performance.now()
      this.#isDiskFull = bytes > limits.outBytes
    }
    diskUsage(writableFolders, limits.outBytes).then(judge, () => judge(Infinity))
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
