import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os'
import { promisify } from 'node:util'

/** What a result says about the machine it was measured on. */
export type MachineFacts = {
  readonly cpuModel: string
  readonly coreCount: number
  readonly memoryBytes: number
  readonly platform: string
  /** Whether the processor multiplies bfloat16 numbers itself. */
  readonly hasBfloat16: boolean
  readonly bfloat16Flags: readonly string[]
}

/** Load per core (one minute) above which other work is likely to disturb the measurement. */
const BUSY_LOAD = 0.25

export async function readMachineFacts(): Promise<MachineFacts> {
  const bfloat16Flags = platform() === 'darwin' ? await darwinFlags() : findBfloat16Flags(await cpuinfo())
  return {
    cpuModel: cpus()[0]?.model ?? 'unknown',
    coreCount: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${platform()} ${arch()}`,
    hasBfloat16: bfloat16Flags.length > 0,
    bfloat16Flags,
  }
}

/** The flags of bfloat16 instructions in the text of /proc/cpuinfo: x86-64 lists them under "flags", arm64 under "Features". */
export function findBfloat16Flags(cpuinfoText: string): string[] {
  const lists = [...cpuinfoText.matchAll(/^(?:flags|Features)\s*:(.*)$/gm)].map((match) => match[1] ?? '')
  const flags = new Set(lists.flatMap((list) => list.trim().split(/\s+/)))
  return ['avx512_bf16', 'amx_bf16', 'bf16'].filter((flag) => flags.has(flag))
}

/** A sentence when the machine was busy before the measurement began, else null. */
export function busyWarning(load: number, coreCount: number): string | null {
  if (load <= BUSY_LOAD * coreCount) return null
  return `warning: the machine is busy (load average ${load.toFixed(2)} on ${coreCount} cores); the spread will be wide`
}

/** Load averages over 1, 5 and 15 minutes. */
export function loadAverages(): number[] {
  return loadavg().map((value) => Number(value.toFixed(2)))
}

async function cpuinfo(): Promise<string> {
  return platform() === 'linux' ? readFile('/proc/cpuinfo', 'utf8') : ''
}

async function darwinFlags(): Promise<string[]> {
  const name = 'hw.optional.arm.FEAT_BF16'
  // Intel Macs do not know the name; that is the answer no.
  const { stdout } = await promisify(execFile)('sysctl', ['-n', name]).catch(() => ({ stdout: '0' }))
  return stdout.trim() === '1' ? [name] : []
}
