import { execFile } from 'node:child_process'
import { mkdir, readFile, statfs } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { ExternalError, ImproveError, UsageError } from '../core/errors.ts'
import { formatCount } from '../core/format.ts'
import { openDataset } from '../dataset/index.ts'
import type { CachedDataset } from '../dataset/index.ts'
import { hashText } from '../files/hash.ts'
import type { Mount } from '../sandbox/sandbox.ts'
import type { FailedEvent, HarnessEvent } from './events.ts'
import { limitsOf, memoryLimit, storeByteLimit } from './limits.ts'
import { runTrusted, trustedFailure } from './run-process.ts'
import type { Python } from './run-process.ts'

/** Millions of large pictures take hours; a prepare that hangs is stopped all the same. */
const PREPARE_SECONDS = 48 * 3600

/** What keeps images of one patient, deck or burst in one split. */
export type Groups = { readonly kind: 'pattern'; readonly pattern: string } | { readonly kind: 'file'; readonly path: string }

export type PrepareProgress = { readonly phase: string; readonly done: number; readonly total: number | null }

export type PrepareRequest = {
  /** Absolute path of a folder or zip. */
  readonly source: string
  readonly groups: Groups | null
  /** The per-user cache folder. */
  readonly cache: string
  readonly onProgress: (progress: PrepareProgress) => void
  readonly onNote: (line: string) => void
  readonly signal: AbortSignal
}

/** The staged dataset of the user's images: from the cache, or prepared now. */
export async function prepareDataset(request: PrepareRequest, tools: Python): Promise<CachedDataset> {
  if (request.groups?.kind === 'pattern') await checkPattern(request.groups.pattern, tools.python)
  const cache = join(request.cache, 'datasets')
  const byteLimit = storeByteLimit(memoryLimit(), await diskBytes(cache))
  return openDataset({
    source: request.source,
    options: { ...(await groupsKey(request.groups)), storeByteLimit: byteLimit },
    cache,
    prepare: (folder) => runPrepare(request, tools, { folder, byteLimit }),
    onWait: () => request.onNote('another process prepares the same images; waiting for it'),
    signal: request.signal,
  })
}

/** Size of the disk that holds a folder, which is made where it is not there. */
async function diskBytes(folder: string): Promise<number> {
  await mkdir(folder, { recursive: true })
  const { blocks, bsize } = await statfs(folder)
  return blocks * bsize
}

type Output = { readonly folder: string; readonly byteLimit: number }

async function runPrepare(request: PrepareRequest, tools: Python, { folder, byteLimit }: Output): Promise<void> {
  const { pathOf } = tools.sandbox
  const source: Mount = { host: request.source, guest: `/source/${basename(request.source)}` }
  const out: Mount = { host: folder, guest: '/out', writable: true }
  const groups: Mount | null = request.groups?.kind === 'file' ? { host: request.groups.path, guest: '/groups/groups.csv' } : null
  const job = {
    source: pathOf(source),
    out: pathOf(out),
    name: basename(request.source),
    options: {
      workers: tools.threads,
      storeByteLimit: byteLimit,
      groups: groupsOption(request.groups, groups === null ? null : pathOf(groups)),
    },
  }
  const mounts = [source, out, ...(groups === null ? [] : [groups])]
  const limits = limitsOf('prepare', PREPARE_SECONDS)
  let last: HarnessEvent<'prepare'> | undefined
  const { end, logTail } = await runTrusted(tools, { mode: 'prepare', job, mounts, limits, signal: request.signal }, (event) => {
    last = event
    if (event.type === 'prepare.progress') request.onProgress(event)
  })
  if (last?.type === 'failed') throw refusal(last)
  if (last?.type !== 'prepare.finished' || end.exitCode !== 0) throw trustedFailure('preparing the images', end, logTail)
}

/** `prepare` says what is wrong with the images in a sentence for their owner. */
export function refusal(event: FailedEvent): ImproveError {
  const evidence = event.evidence ?? []
  const unread = Number(/^([\d,]+) images? of [\d,]+ cannot be read/.exec(event.message)?.[1]?.replaceAll(',', '') ?? 0)
  const rest = unread > evidence.length ? [`these are the first ${evidence.length} of ${formatCount(unread)}`] : []
  const details = { evidence: [...evidence, ...rest], ...(event.fix ? { fix: event.fix } : {}) }
  if (event.kind === 'disk') return new ExternalError('disk', event.message, details)
  return new UsageError(event.message, details, 'dataset')
}

function groupsOption(groups: Groups | null, file: string | null): unknown {
  if (groups === null) return null
  return groups.kind === 'pattern' ? { pattern: groups.pattern } : { file }
}

/** Of a groups file its content counts, not its name. */
async function groupsKey(groups: Groups | null): Promise<object> {
  if (groups?.kind !== 'file') return { groups }
  return { groups: { kind: 'file', content: hashText(await readFile(groups.path, 'utf8')) } }
}

/** Python's own regular expressions are used, so Python says whether this is one, before anything is read. */
async function checkPattern(pattern: string, python: string): Promise<void> {
  const program = 'import re, sys\ntry: re.compile(sys.argv[1])\nexcept re.error as error: sys.exit(str(error))'
  try {
    await promisify(execFile)(python, ['-I', '-c', program, pattern], { env: {} })
  } catch (error) {
    const reason = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)
    throw new UsageError(`--groups is neither a file nor a regular expression: ${pattern}`, {
      evidence: [reason],
      fix: "a pattern whose first bracket names the group, such as '(patient[0-9]+)'",
      cause: error,
    })
  }
}
