import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { UsageError } from '../core/errors.ts'

/**
 * The per-user folder for what can be made again: Python environments, staged datasets, measurements of the machine.
 * `IMPROVE_CACHE` names it; else the platform's custom decides. It is not created here.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  const own = env['IMPROVE_CACHE']
  if (own) return checkAbsolute(own)
  if (platform === 'darwin') return join(homeOf(env), 'Library', 'Caches', 'improve')
  const xdg = env['XDG_CACHE_HOME']
  // The XDG specification says that a relative path in this variable is to be ignored.
  return xdg && isAbsolute(xdg) ? join(xdg, 'improve') : join(homeOf(env), '.cache', 'improve')
}

function homeOf(env: NodeJS.ProcessEnv): string {
  return env['HOME'] || homedir()
}

function checkAbsolute(path: string): string {
  if (isAbsolute(path)) return path
  throw new UsageError(`IMPROVE_CACHE must be an absolute path, got "${path}"`, {
    fix: 'export IMPROVE_CACHE=/some/absolute/folder',
  })
}
