import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const PACKAGE = join(import.meta.dirname, '..', '..', 'harness', 'improve_harness')

/** The Python files that say what the three files of a pipeline may be and may use, as text: prompts show them. */
export type ContractSources = { readonly contract: string; readonly ops: Readonly<Record<string, string>> }

export async function readContractSources(): Promise<ContractSources> {
  const names = (await readdir(join(PACKAGE, 'ops'))).filter((name) => name.endsWith('.py')).toSorted()
  const texts = await Promise.all(names.map((name) => readFile(join(PACKAGE, 'ops', name), 'utf8')))
  return {
    contract: await readFile(join(PACKAGE, 'contract.py'), 'utf8'),
    ops: Object.fromEntries(names.map((name, index) => [name, texts[index] ?? ''])),
  }
}
