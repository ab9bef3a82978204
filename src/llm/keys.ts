import { readFile, stat } from 'node:fs/promises'
import { UsageError } from '../core/errors.ts'
import type { ProviderName } from './model-name.ts'

export type Environment = Readonly<Record<string, string | undefined>>
/** The key of each provider that has one. Lives in memory alone: never on a command line, in a file of ours or in a message. */
export type Keys = Readonly<Partial<Record<ProviderName, string>>>

/** Environment variables that may hold the key, the first that is set wins; each also with `_FILE` for a file that holds it. */
const VARIABLES: Readonly<Record<ProviderName, readonly [string, ...string[]]>> = {
  openai: ['OPENAI_API_KEY'],
  anthropic: ['ANTHROPIC_API_KEY'],
  google: ['GOOGLE_GENERATIVE_AI_API_KEY', 'GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  openrouter: ['OPENROUTER_API_KEY'],
  ollama: ['OLLAMA_API_KEY'],
  lmstudio: ['LMSTUDIO_API_KEY'],
  vllm: ['VLLM_API_KEY'],
  local: ['LOCAL_API_KEY'],
}
const NEEDS_KEY: ReadonlySet<ProviderName> = new Set(['openai', 'anthropic', 'google', 'openrouter'])

/** The variable that a message names first. */
export function keyVariable(provider: ProviderName): string {
  return VARIABLES[provider][0]
}

/** The keys of these providers; a provider that answers nobody without a key and has none is the user's mistake. */
export async function readKeys(providers: readonly ProviderName[], environment: Environment): Promise<Keys> {
  const found: Partial<Record<ProviderName, string>> = {}
  for (const provider of new Set(providers)) {
    const key = await findKey(provider, environment)
    if (key !== null) found[provider] = key
    else if (NEEDS_KEY.has(provider)) throw noKey(provider)
  }
  return found
}

async function findKey(provider: ProviderName, environment: Environment): Promise<string | null> {
  for (const name of VARIABLES[provider]) {
    const value = environment[name]?.trim()
    if (value) return checkKey(value, name)
    const path = environment[`${name}_FILE`]?.trim()
    if (path) return checkKey(await readKeyFile(path, `${name}_FILE`), `${name}_FILE`)
  }
  return null
}

async function readKeyFile(path: string, name: string): Promise<string> {
  try {
    const { mode } = await stat(path)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new UsageError(`the key file of ${name} can be read by others on this machine`, {
        evidence: [`${path} has mode ${(mode & 0o777).toString(8)}`],
        fix: `chmod 600 ${path}`,
      })
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (error instanceof UsageError) throw error
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new UsageError(`the key file that ${name} names cannot be read (${reason})`, {
      evidence: [path],
      fix: `unset ${name}`,
      cause: error,
    })
  }
}

/** A key goes into a header, which takes printable ASCII alone; the message must not repeat it. */
function checkKey(key: string, name: string): string {
  if (/^[\x21-\x7e]+$/.test(key)) return key
  throw new UsageError(
    key === '' ? `the file of ${name} is empty` : `what ${name} gives holds a space or a character that no key has`,
    {
      fix: `check ${name} for quotes, line breaks and leftovers of copying`,
    },
  )
}

function noKey(provider: ProviderName): UsageError {
  const [name] = VARIABLES[provider]
  return new UsageError(`no key for ${provider}`, {
    evidence: [`looked in the environment for ${VARIABLES[provider].flatMap((each) => [each, `${each}_FILE`]).join(', ')}`],
    fix: `export ${name}=… or put the key in a file that only you can read and export ${name}_FILE=PATH`,
  })
}
