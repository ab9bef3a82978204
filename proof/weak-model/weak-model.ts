import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ExternalError } from '../../src/core/errors.ts'
import { cacheFolder } from '../../src/files/index.ts'
import { writePngFolder } from '../../tests/support/png-folder.ts'
import type { Proof } from '../proof.ts'
import { inspectRun } from './inspect-run.ts'
import { installWeakModel } from './install.ts'
import { CONTEXT_TOKENS, openLlama } from './llama.ts'
import { startModelServer } from './server.ts'
import type { ModelServer, Served } from './server.ts'

const NAME = 'weak-model'
const CLAIM = 'a run that a model of 135 million parameters plays ends as runs end, whatever the model says'
const IMPROVE = join(import.meta.dirname, '..', '..', 'bin', 'improve.mjs')
/** A model that repeats itself without end is cut here; none of its replies gets better by being longer. */
const MOST_TOKENS = 300
/** A session that lasts longer counts as one that does not end. */
const MOST_HOURS = 4
const QUICK = ['--train-seconds', '1', '--time', '1h', '--patience', '1000', '--seed', '1', '--no-refit']

export type Session = {
  readonly name: string
  readonly args: readonly string[]
  /** Proposals that have to be decided in the end; null where there must be no first pipeline. */
  readonly trials: number | null
}

const SESSIONS: readonly Session[] = [
  { name: 'five roles', args: ['--llm', 'local:smollm2', '--init', 'plain', '--trials', '5'], trials: 5 },
  // The grammar of a schema lets the Analyst through, so that engineers are asked, too.
  { name: 'schema held', args: ['--llm', 'vllm:smollm2', '--init', 'plain', '--trials', '3', '--historian'], trials: 3 },
  {
    name: 'one prompt',
    args: ['--llm', 'local:smollm2', '--init', 'plain', '--trials', '2', '--strategy', 'single-role'],
    trials: 2,
  },
  { name: 'own start', args: ['--llm', 'local:smollm2', '--trials', '1'], trials: null },
  { name: 'zero-shot', args: ['--llm', 'local:smollm2', '--strategy', 'zero-shot'], trials: null },
]

export type SessionEnd = { readonly exitCode: number | null; readonly screen: string }

/** A real model that is far too small for the work plays the team; whatever it says, each run has to end as runs end. */
export async function proveWeakModel(onNote: (line: string) => void): Promise<Proof> {
  const weak = await installWeakModel(onNote, new AbortController().signal).catch((error: unknown) => {
    if (error instanceof ExternalError) return error
    throw error
  })
  if (weak instanceof ExternalError)
    return { name: NAME, tried: 0, failed: 1, claim: CLAIM, failures: [weak.message, ...weak.evidence, `fix: ${weak.fix}`] }
  const root = await mkdtemp(join(tmpdir(), 'improve-weak-model-'))
  const llama = await openLlama(weak)
  const server = await startModelServer({ generate: llama.generate, mostTokens: MOST_TOKENS })
  const failures: string[] = []
  const found: string[] = []
  try {
    await prepare(root)
    for (const session of SESSIONS) {
      const before = server.served.length
      onNote(`${session.name}: improve run images ${session.args.join(' ')}`)
      const end = await play(root, session, server)
      const { problems, figures } = await inspectRun(join(root, session.name), session, end)
      failures.push(...problems.map((problem) => `${session.name}: ${problem}`))
      found.push(`${session.name}: ${figures}`, `${session.name}: ${contextFigures(server.served.slice(before))}`)
      for (const line of found.slice(-2)) onNote(line)
    }
  } finally {
    await server.close()
    await llama.close()
    if (failures.length === 0) await rm(root, { recursive: true, force: true })
    else onNote(`the runs are kept in ${root}`)
  }
  return { name: NAME, tried: SESSIONS.length, failed: failures.length, claim: CLAIM, found, failures }
}

/** A cache of its own, so that nothing of the run stays; the Python environment is shared. */
async function prepare(root: string): Promise<void> {
  await mkdir(join(root, 'cache'))
  await symlink(join(cacheFolder(), 'python'), join(root, 'cache', 'python'))
  for (const split of ['train', 'val', 'test']) await writePngFolder(join(root, 'images', split), 60, split)
}

function play(root: string, { name, args }: Session, { url }: ModelServer): Promise<SessionEnd> {
  const command = [IMPROVE, 'run', join(root, 'images'), ...args, ...QUICK, '--base-url', url, '--out', join(root, name)]
  const env = { ...process.env, IMPROVE_CACHE: join(root, 'cache'), NO_COLOR: '1' }
  const options = { env, timeout: MOST_HOURS * 3_600_000, maxBuffer: 2 ** 26 }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, command, options, (_error, stdout, stderr) =>
      resolve({ exitCode: child.exitCode, screen: `${stdout}\n${stderr}` }),
    )
  })
}

function contextFigures(served: readonly Served[]): string {
  const cut = served.filter(({ askedTokens, keptTokens }) => keptTokens < askedTokens)
  const sum = (of: (one: Served) => number) => served.reduce((total, one) => total + of(one), 0)
  const longest = Math.max(0, ...served.map(({ askedTokens }) => askedTokens))
  const ended = served.filter(({ isCut }) => !isCut).length
  return (
    `${served.length} requests, longest prompt ${longest} tokens; context of ${CONTEXT_TOKENS}: ${cut.length} prompts cut in silence; ` +
    `${sum(({ readTokens }) => readTokens)} tokens read anew, ${sum(({ writtenTokens }) => writtenTokens)} written ` +
    `in ${Math.round(sum(({ seconds }) => seconds))} s; ${ended} replies ended by themselves, the others at ${MOST_TOKENS} tokens`
  )
}
