import { parseArgs } from 'node:util'
import { proveKills } from './kills.ts'
import { LLM_SUITES } from './llm/suites.ts'
import { proofLine } from './proof.ts'
import type { Proof, Suite } from './proof.ts'
import { proveWeakModel } from './weak-model/weak-model.ts'

const SUITES: Readonly<Record<string, Suite>> = { kills: proveKills, ...LLM_SUITES, 'weak-model': proveWeakModel }
/** A name for several suites. */
const GROUPS: Readonly<Record<string, readonly string[]>> = { llm: Object.keys(LLM_SUITES) }

/** `npm run proof -- [suite…] [--json]`: one line a suite, exit code 1 when anything failed. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: { json: { type: 'boolean' } } })
  const names = positionals.length > 0 ? positionals.flatMap((name) => GROUPS[name] ?? [name]) : Object.keys(SUITES)
  const unknown = names.filter((name) => !Object.hasOwn(SUITES, name))
  if (unknown.length > 0) {
    const known = [...Object.keys(GROUPS), ...Object.keys(SUITES)].join(', ')
    console.error(`error: no suite "${unknown.join('", "')}"\n  known suites: ${known}\nfix: npm run proof -- [suite…]`)
    return 2
  }
  const proofs: Proof[] = []
  for (const name of new Set(names)) {
    const proof = await SUITES[name]?.((line) => console.error(line))
    if (proof === undefined) continue
    proofs.push(proof)
    if (values.json !== true)
      for (const line of [proofLine(proof), ...(proof.found ?? []).map((found) => `  ${found}`)]) console.log(line)
    for (const failure of proof.failures) console.error(`  ${failure}`)
  }
  if (values.json === true) console.log(JSON.stringify(proofs, null, 2))
  return proofs.some(({ failed }) => failed > 0) ? 1 : 0
}

process.exitCode = await main(process.argv.slice(2))
