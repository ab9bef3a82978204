import { parseArgs } from 'node:util'
import { proveKills } from './kills.ts'
import { proofLine } from './proof.ts'
import type { Proof } from './proof.ts'

type Suite = (onNote: (line: string) => void) => Promise<Proof>

const SUITES: Readonly<Record<string, Suite>> = { kills: proveKills }

/** `npm run proof -- [suite…] [--json]`: one line a suite, exit code 1 when anything failed. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: { json: { type: 'boolean' } } })
  const unknown = positionals.filter((name) => !Object.hasOwn(SUITES, name))
  if (unknown.length > 0) {
    console.error(
      `error: no suite "${unknown.join('", "')}"\n  known suites: ${Object.keys(SUITES).join(', ')}\nfix: npm run proof -- [suite…]`,
    )
    return 2
  }
  const proofs: Proof[] = []
  for (const name of positionals.length > 0 ? positionals : Object.keys(SUITES)) {
    const proof = await SUITES[name]?.((line) => console.error(line))
    if (proof === undefined) continue
    proofs.push(proof)
    if (values.json !== true) console.log(proofLine(proof))
    for (const failure of proof.failures) console.error(`  ${failure}`)
  }
  if (values.json === true) console.log(JSON.stringify(proofs, null, 2))
  return proofs.some(({ failed }) => failed > 0) ? 1 : 0
}

process.exitCode = await main(process.argv.slice(2))
