import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import { isAlwaysVisible } from './bwrap-arguments.ts'
import type { Mount } from './sandbox.ts'

/** As deep as the kernel follows links. */
const MAX_LINK_COUNT = 40

/**
 * Read-only mounts, at the host's paths, with which `pythonPath` runs in a sandbox that shows the system's programs only: its virtual
 * environment and the installation behind it. Works for system, pyenv, uv and conda interpreters.
 */
export const interpreterMounts = (pythonPath: string): Mount[] => {
  const environment = dirname(dirname(pythonPath))
  const home = readHome(join(environment, 'pyvenv.cfg'))
  const pythons = [pythonPath, ...(home === null ? [] : pythonsIn(home))].flatMap(linkChain)
  const bases = pythons.filter((path) => !isSystem(path)).map(visiblePart)
  const own = home === null ? [] : [environment]
  const paths = [...own, ...bases].flatMap((path) => [path, realpathSync(path)])
  return withoutInner(paths.filter((path) => !isSystem(path))).map((path) => ({ host: path, guest: path }))
}

const readHome = (configFile: string): string | null => {
  if (!existsSync(configFile)) return null
  return /^\s*home\s*=\s*(.+?)\s*$/m.exec(readFileSync(configFile, 'utf8'))?.[1] ?? null
}

const pythonsIn = (folder: string): string[] =>
  ['python3', 'python'].map((name) => join(folder, name)).filter((path) => existsSync(path))

/** The path and every link it leads over: each of them is followed inside too. */
const linkChain = (path: string): string[] => {
  const chain = [path]
  for (let at = path; chain.length < MAX_LINK_COUNT && lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink();) {
    at = resolve(dirname(at), readlinkSync(at))
    chain.push(at)
  }
  return chain.filter((link) => existsSync(link))
}

/**
 * The installation `<prefix>/bin/python` belongs to, else only the file: a link in ~/bin must not show the home folder.
 * A prefix is an installation when the standard library lies in it.
 */
const visiblePart = (python: string): string => {
  const prefix = dirname(dirname(python))
  const isPrefix = ['lib', 'lib64'].some((name) =>
    librariesIn(join(prefix, name)).some((folder) => existsSync(join(folder, 'os.py'))),
  )
  return isPrefix && prefix !== '/' ? prefix : python
}

const librariesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.startsWith('python3'))
        .map((name) => join(folder, name))
    : []

const withoutInner = (paths: readonly string[]): string[] => {
  const different = [...new Set(paths)]
  return different.filter((path) => !different.some((other) => other !== path && isWithin(path, other)))
}

/** Visible in every sandbox: in /usr/bin or the like, or in /bin where that is a link into it. */
const isSystem = (path: string): boolean => isAlwaysVisible(path) || isAlwaysVisible(realpathSync(dirname(path)))

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)
