import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { makeTemporaryFolder } from '../files/temporary.ts'

import { ExternalError } from '../core/errors.ts'
import { makeBwrapSandbox } from './bwrap.ts'
import { findProgram } from './launch.ts'
import type { Sandbox } from './sandbox.ts'

export type FoundSandbox = { readonly sandbox: Sandbox | null; readonly reason: string; readonly fix: string }

const LIMITS = { memoryBytes: 2 ** 28, wallSeconds: 10, processCount: 16, fileBytes: 2 ** 20, outBytes: 2 ** 20 }

/** Shell builtins only, so that it runs wherever /bin/sh does. `$1` is a folder of the host that was not mounted. */
const LOOK_AROUND = `
uid= net= rights= root= host=hidden
while read -r key value rest; do
  case $key in Uid:) uid=$value ;; NoNewPrivs:|CapEff:) rights=$rights$value ;; esac
done </proc/self/status
while read -r name rest; do case $name in *:*) net=$net$name ;; esac; done </proc/net/dev
while read -r source target type options rest; do
  if [ "$target" = / ]; then root=\${options%%,*}; fi
done </proc/self/mounts
read -r first </proc/1/comm
if [ -e "$1" ]; then host=visible; fi
echo "uid=$uid network=$net rights=$rights root=$root first=$first host=$host" >&3
`
const EXPECTED = 'uid=1000 network=lo: rights=00000000000000001 root=ro first=bwrap host=hidden'

/** The sandbox that works here: found by running a process in it and looking at what that sees, never by being installed. */
export const findSandbox = async (program: string | null = findProgram('bwrap')): Promise<FoundSandbox> => {
  if (process.platform !== 'linux') {
    return refuse(`there is no sandbox for ${process.platform} yet`, 'use Linux, or WSL2 on Windows')
  }
  if (program === null) return refuse('bubblewrap is not installed', installCommand('bubblewrap'))
  if (findProgram('prlimit') === null) return refuse('prlimit is not installed', installCommand('util-linux'))
  const folder = await makeTemporaryFolder('look')
  try {
    const sandbox = makeBwrapSandbox(program, await readVersion(program))
    const seen = await lookAround(sandbox, folder)
    return seen === EXPECTED
      ? { sandbox, reason: 'a process in it saw nothing of the host', fix: '' }
      : refuse(`${program} does not isolate: ${seen || 'nothing was reported'}`, installCommand('bubblewrap'))
  } catch (error) {
    if (!(error instanceof ExternalError)) throw error
    return refuse(error.message, fixFor(error.message))
  } finally {
    await rm(folder, { recursive: true })
  }
}

const refuse = (reason: string, fix: string): FoundSandbox => ({ sandbox: null, reason, fix })

const readVersion = async (program: string): Promise<string> => {
  try {
    return (await promisify(execFile)(program, ['--version'], { env: {}, timeout: 5000 })).stdout.trim()
  } catch (cause) {
    throw new ExternalError('sandbox', `${program} --version fails`, { cause })
  }
}

const lookAround = async (sandbox: Sandbox, folder: string): Promise<string> => {
  const command = { program: '/bin/sh', args: ['-c', LOOK_AROUND, 'look', folder], mounts: [], env: {}, limits: LIMITS }
  const running = await sandbox.start(command, new AbortController().signal)
  const said: Buffer[] = []
  for await (const chunk of running.events) said.push(chunk as Buffer)
  await running.ended
  return Buffer.concat(said).toString('utf8').trim() || running.logTail()
}

/** One act that mends what bwrap complains about. */
const fixFor = (message: string): string => {
  if (/Unknown option/.test(message)) return `bubblewrap 0.8.0 or newer is needed: ${installCommand('bubblewrap')}`
  if (!/uid map|RTM_NEWADDR|not permitted|Permission denied|No permissions|namespace|No space left/i.test(message)) {
    return 'run "bwrap --unshare-user --ro-bind / / true" to see what the system refuses'
  }
  if (readSetting('kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return 'AppArmor refuses user namespaces: sudo apt install apparmor-profiles && sudo ln -s /usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/ && sudo systemctl reload apparmor'
  }
  if (readSetting('kernel/unprivileged_userns_clone') === '0') return 'sudo sysctl -w kernel.unprivileged_userns_clone=1'
  if (readSetting('user/max_user_namespaces') === '0') return 'sudo sysctl -w user.max_user_namespaces=10000'
  return 'the system refuses namespaces, as containers do: start the container with --security-opt seccomp=unconfined --security-opt systempaths=unconfined, or work outside of it'
}

const readSetting = (name: string): string => {
  const file = `/proc/sys/${name}`
  return existsSync(file) ? readFileSync(file, 'latin1').trim() : ''
}

const INSTALLERS = [
  ['apt-get', 'sudo apt-get install'],
  ['dnf', 'sudo dnf install'],
  ['pacman', 'sudo pacman -S'],
  ['zypper', 'sudo zypper install'],
  ['apk', 'sudo apk add'],
] as const

const installCommand = (name: string): string => {
  const installer = INSTALLERS.find(([program]) => findProgram(program) !== null)
  return installer ? `${installer[1]} ${name}` : `install the package ${name}`
}
