import { mkdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { layout } from '../dataset/index.ts'
import type { StagedDataset } from '../dataset/index.ts'
import type { Mount, Sandbox } from '../sandbox/sandbox.ts'

/** What one process gets to see of a dataset, and the path under which it sees it. */
export type DataView = { readonly mounts: readonly Mount[]; readonly path: string }

type Wanted = { readonly parts: readonly string[]; readonly labelled: boolean; readonly devFold: number | null }

/**
 * The view of a training (labelled parts and dev rows) or of a prediction (pixels alone). In a sandbox every file is mounted on its
 * own; without one, `scratch/data` gets links to them, so that the child finds the same layout.
 */
export async function viewDataset(dataset: StagedDataset, wanted: Wanted, sandbox: Sandbox, scratch: string): Promise<DataView> {
  const mounts = filesOf(dataset, wanted)
  if (sandbox.level !== 0) return { mounts, path: '/data' }
  const root: Mount = { host: join(scratch, 'data'), guest: '/data' }
  for (const { host, guest } of mounts) {
    const link = join(root.host, guest.slice(root.guest.length))
    await mkdir(dirname(link), { recursive: true })
    await symlink(host, link)
  }
  return { mounts: [root], path: sandbox.pathOf(root) }
}

function filesOf({ folder }: StagedDataset, { parts, labelled, devFold }: Wanted): Mount[] {
  const mounts: Mount[] = parts.flatMap((part) => [
    { host: layout.pixels(folder, part), guest: `/data/parts/${part}/pixels.u8` },
    { host: layout.shapes(folder, part), guest: `/data/parts/${part}/shapes.i32` },
    ...(labelled ? [{ host: layout.labels(folder, part), guest: `/data/parts/${part}/labels.i32` }] : []),
  ])
  if (devFold !== null) mounts.push({ host: layout.dev(folder, devFold), guest: '/data/dev.i32' })
  return mounts
}
