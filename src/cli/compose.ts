import { availableParallelism } from 'node:os'
import { ExternalError } from '../core/errors.ts'
import { cacheFolder } from '../files/cache-folder.ts'
import { removeAbandonedFolders } from '../files/temporary.ts'
import { ensurePythonEnvironment } from '../harness/index.ts'
import type { Python } from '../harness/index.ts'
import { findSandbox, makePlainSandbox } from '../sandbox/index.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import type { Context } from './context.ts'

/** The real parts that commands work with. */
export type Parts = { readonly python: Python; readonly torchVersion: string; readonly cache: string }

/**
 * How a command treats a machine without a sandbox: `own-code` runs our own code in a plain process and says so, `refuse` stops,
 * `accepted` is the user's explicit flag.
 */
export type WithoutSandbox = 'own-code' | 'refuse' | 'accepted'

export async function composeParts(context: Context, withoutSandbox: WithoutSandbox): Promise<Parts> {
  const { terminal, signal } = context
  await removeAbandonedFolders()
  const sandbox = await chooseSandbox(context, withoutSandbox)
  const { python, torchVersion } = await ensurePythonEnvironment({ onProgress: terminal.note, signal })
  return { python: { sandbox, python, threads: availableParallelism() }, torchVersion, cache: cacheFolder() }
}

async function chooseSandbox({ terminal }: Context, withoutSandbox: WithoutSandbox): Promise<Sandbox> {
  if (withoutSandbox === 'accepted') {
    terminal.note('WARNING: running without a sandbox, as --unsafe-no-sandbox asks: the code can read and change your files')
    return makePlainSandbox()
  }
  const { sandbox, reason, fix } = await findSandbox()
  if (sandbox !== null) return sandbox
  if (withoutSandbox === 'refuse') {
    throw new ExternalError(
      'sandbox',
      'no sandbox works here, and pipeline code that improve did not write on this machine is not run without one',
      {
        evidence: [reason],
        fix: `${fix}; or run it all the same with --unsafe-no-sandbox`,
      },
    )
  }
  terminal.note(`notice: no sandbox (${reason}); the built-in pipeline and the decoding of your images run as plain processes`)
  terminal.note(`  to mend it: ${fix}`)
  return makePlainSandbox()
}
