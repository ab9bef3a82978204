import { readFileSync, readdirSync } from 'node:fs'

/** One line of /proc/<pid>/stat. `startTicks` tells a process from a later one with the same number. */
export type ProcessFacts = {
  readonly pid: number
  readonly parent: number
  readonly state: string
  readonly startTicks: number
  /** Own time and that of ended, awaited children. */
  readonly cpuSeconds: number
}

/** Linux reports times to programs in hundredths of a second on every architecture. */
const TICKS_PER_SECOND = 100
const SCANS_UNTIL_RECHECK = 10

/** Facts of one process; null when it is gone (or there is no /proc). */
export const readProcess = (pid: number | 'self'): ProcessFacts | null => {
  const text = readProc(pid, 'stat')
  // The name between parentheses may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  if (fields.length < 20) return null
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15).map(Number)
  return {
    pid: Number.parseInt(text, 10),
    parent: Number(fields[1]),
    state: fields[0] ?? '',
    startTicks: Number(fields[19]),
    cpuSeconds: (utime + stime + cutime + cstime) / TICKS_PER_SECOND,
  }
}

/** CPU seconds of all ended and awaited children of this process. */
export const endedChildrenCpuSeconds = (): number => {
  const text = readProc('self', 'stat')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) / TICKS_PER_SECOND
}

/** Anonymous and shared resident bytes of one process; 0 when it is gone. */
export const readMemory = (pid: number): number => {
  const status = readProc(pid, 'status')
  return kibibytes(status, 'RssAnon') + kibibytes(status, 'RssShmem')
}

/** As `readMemory`, but pages shared with other processes count in part; null when the kernel does not tell. */
export const readProportionalMemory = (pid: number): number | null => {
  const rollup = readProc(pid, 'smaps_rollup')
  return rollup.includes('Pss_Anon:') ? kibibytes(rollup, 'Pss_Anon') + kibibytes(rollup, 'Pss_Shmem') : null
}

/**
 * A process and all its descendants. One that was a descendant once stays a member when its parent ends.
 * A process that is no descendant never becomes one, so that those of others are read once and then skipped;
 * they are looked at again every ten scans, since numbers are reused.
 */
export class ProcessTree {
  readonly #root: number
  #members = new Map<number, ProcessFacts>()
  #foreign = new Set<number>()
  #scanCount = 0

  constructor(root: number) {
    this.#root = root
  }

  scan(): readonly ProcessFacts[] {
    this.#scanCount += 1
    if (this.#scanCount % SCANS_UNTIL_RECHECK === 0) this.#foreign.clear()
    const known = this.#readKnown()
    const childrenOf = new Map<number, ProcessFacts[]>()
    for (const facts of known) childrenOf.set(facts.parent, [...(childrenOf.get(facts.parent) ?? []), facts])
    const members = new Map<number, ProcessFacts>()
    let next = known.filter((facts) => this.#isOldMember(facts))
    while (next.length > 0) {
      for (const facts of next) members.set(facts.pid, facts)
      next = next.flatMap((facts) => childrenOf.get(facts.pid) ?? []).filter((facts) => !members.has(facts.pid))
    }
    for (const { pid } of known) if (!members.has(pid)) this.#foreign.add(pid)
    this.#members = members
    return [...members.values()]
  }

  #readKnown(): ProcessFacts[] {
    const suspects = processNumbers().filter((pid) => !this.#foreign.has(pid))
    return suspects.map(readProcess).filter((facts) => facts !== null)
  }

  #isOldMember(facts: ProcessFacts): boolean {
    return facts.pid === this.#root || this.#members.get(facts.pid)?.startTicks === facts.startTicks
  }
}

const processNumbers = (): number[] => {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    // No /proc (macOS): trees cannot be seen, only the time limit holds.
    return []
  }
}

const readProc = (pid: number | 'self', file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    // The process is gone, or belongs to another user.
    return ''
  }
}

const kibibytes = (text: string, key: string): number => {
  const at = text.indexOf(`${key}:`)
  return at < 0 ? 0 : Number.parseInt(text.slice(at + key.length + 1), 10) * 1024
}
