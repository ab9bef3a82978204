import { lstatSync, readlinkSync } from 'node:fs'
import { totalmem } from 'node:os'

import type { Command, Mount } from './sandbox.ts'

const MAX_SHARED_MEMORY_BYTES = 16 * 2 ** 30
const SHARED_MEMORY_FRACTION = 0.25
const MAX_TMP_BYTES = 2 ** 30
/** Folders that are links into /usr on most distributions and real folders on some. */
const TOP_FOLDERS = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']
/** What programs and libraries need of /usr; people keep other things there too, as container images do in /usr/src. */
const USR_FOLDERS = [...TOP_FOLDERS, 'include', 'libexec', 'local', 'share']
/** What dynamic linking, Debian's choice of BLAS, name look-up and local time need; nothing else of /etc is there. */
const ETC_FILES = ['ld.so.cache', 'alternatives', 'nsswitch.conf', 'localtime']

/** What bwrap reads from a descriptor, so that the host's paths stand on no command line inside. */
export const bwrapArguments = (command: Command): readonly string[] =>
  [
    ['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-net', '--unshare-cgroup-try'],
    ['--disable-userns', '--die-with-parent', '--new-session', '--hostname', 'sandbox', '--cap-drop', 'ALL'],
    ['--uid', '1000', '--gid', '1000', '--clearenv'],
    Object.entries(command.env).flatMap(([name, value]) => ['--setenv', name, value]),
    USR_FOLDERS.flatMap((name) => systemFolder(`/usr/${name}`)),
    TOP_FOLDERS.flatMap((name) => systemFolder(`/${name}`)),
    ETC_FILES.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`]),
    ['--proc', '/proc', '--dev', '/dev'],
    // A size holds for the next tmpfs only; without one it may fill half of the memory.
    ['--size', String(sharedMemoryBytes(command.limits.memoryBytes)), '--tmpfs', '/dev/shm'],
    ['--size', String(Math.min(MAX_TMP_BYTES, command.limits.memoryBytes)), '--tmpfs', '/tmp'],
    outerFirst(command.mounts).flatMap(({ host, guest, writable }) => [writable ? '--bind' : '--ro-bind', host, guest]),
    // Both are memory of their own, writable and without a limit, until said otherwise.
    ['--remount-ro', '/', '--remount-ro', '/dev', '--chdir', '/tmp'],
  ].flat()

/** Bytes of /dev/shm, through which data-loader workers hand over their batches. */
export const sharedMemoryBytes = (memoryBytes: number): number =>
  Math.floor(Math.min(MAX_SHARED_MEMORY_BYTES, SHARED_MEMORY_FRACTION * totalmem(), memoryBytes))

/** Whether every sandbox shows this path of the host, mounted or not. */
export const isAlwaysVisible = (path: string): boolean =>
  USR_FOLDERS.some((name) => path === `/usr/${name}` || path.startsWith(`/usr/${name}/`))

const systemFolder = (path: string): readonly string[] => {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return []
  return stats.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path]
}

/** A folder mounted after one inside it would hide that one. */
const outerFirst = (mounts: readonly Mount[]): readonly Mount[] => mounts.toSorted((a, b) => a.guest.length - b.guest.length)
