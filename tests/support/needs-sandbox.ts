import { findSandbox } from '../../src/sandbox/find-sandbox.ts'

const found = await findSandbox()

/** Null where none works. */
export const sandboxHere = found.sandbox

/**
 * For `skipIf` of tests of what only a sandbox shows. On a user's machine they are skipped with the reason on stderr; where results are
 * published (IMPROVE_REQUIRE_SANDBOX=1) a skip would hide that isolation was never tried, so that this import fails.
 */
export const noSandbox = found.sandbox === null

if (noSandbox) {
  const reason = `no sandbox works here: ${found.reason}; to mend it: ${found.fix}`
  if (process.env['IMPROVE_REQUIRE_SANDBOX'] === '1') throw new Error(`${reason} (IMPROVE_REQUIRE_SANDBOX=1 forbids to skip)`)
  console.warn(`tests that need a sandbox are skipped: ${reason}`)
}
