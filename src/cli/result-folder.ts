import { slugOf } from '../core/names.ts'
import { makeDatedFolder } from '../files/index.ts'

/** Makes `<parent>/<YYYY-MM-DD>-<name>-try-<4 hex>`, a folder that did not exist. */
export function makeResultFolder(parent: string, name: string, now: Date): Promise<string> {
  return makeDatedFolder(parent, `${slugOf(name)}-try`, now)
}
