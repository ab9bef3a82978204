import { basename, dirname, join, relative } from 'node:path'
import { quoteForShell } from '../core/format.ts'
import type { RunFolder } from '../journal/index.ts'

/** Where runs lie unless --out says otherwise. */
export const DEFAULT_RUNS = 'improve-runs'

/** A run folder as seen from `cwd`, and how a command typed there calls it. */
export function placeOf({ folder }: RunFolder, cwd: string): { readonly place: string; readonly called: string } {
  const place = relative(cwd, folder) || '.'
  return { place, called: quoteForShell(dirname(folder) === join(cwd, DEFAULT_RUNS) ? basename(folder) : place) }
}
