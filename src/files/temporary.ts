import { readlinkSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashText } from './hash.ts'
import { identityOf, ownIdentity } from './process-identity.ts'
import type { ProcessIdentity } from './process-identity.ts'

/** What it is for, the process world of its owner, the owner's number, which process of that number. */
const NAME = /^improve-(?:work|job|look|probe)-(\d+)-(\d+)-([0-9a-f]{12})-\w{6}$/

/** Makes a temporary folder whose name says which process it belongs to; the maker removes it. */
export function makeTemporaryFolder(purpose: 'work' | 'job' | 'look' | 'probe'): Promise<string> {
  const own = ownIdentity()
  return mkdtemp(join(tmpdir(), `improve-${purpose}-${processWorld()}-${own.pid}-${mark(own)}-`))
}

/**
 * Removes the temporary folders of processes that were killed. Those of other containers stay, since their processes cannot be seen
 * from here, and so does what another user owns.
 */
export async function removeAbandonedFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, world, pid, owner] = NAME.exec(name) ?? []
    if (world !== processWorld()) continue
    const running = identityOf(Number(pid))
    if (running !== null && mark(running) === owner) continue
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(ignoreForeign)
  }
}

function ignoreForeign(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error
}

function mark(identity: ProcessIdentity): string {
  return hashText(JSON.stringify([identity.bootId, identity.startedAt])).slice(0, 12)
}

/** The number of the space in which process numbers are unique; containers have one each. */
function processWorld(): string {
  return process.platform === 'linux' ? (/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0') : '0'
}
