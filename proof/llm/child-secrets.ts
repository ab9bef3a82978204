import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findPython } from '../../src/harness/find-python.ts'
import { startPython } from '../../src/harness/start-python.ts'
import { findSandbox, makePlainSandbox } from '../../src/sandbox/index.ts'

/** Tells, on descriptor 3, everything that a process started by the harness can read of environments and command lines. */
const LOOK = `
import glob, os
seen = [repr(dict(os.environ))]
for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    try:
        seen.append(path + " " + repr(open(path, "rb").read()))
    except OSError:
        pass
with open(3, "w") as out:
    out.write("\\n".join(seen) + "\\nend\\n")
`
const LIMITS = { memoryBytes: 2 ** 28, wallSeconds: 60, processCount: 16, fileBytes: 2 ** 24, outBytes: 2 ** 24 }
const VARIABLES = ['LOCAL_API_KEY', 'OPENAI_API_KEY', 'ANTHROPIC_API_KEY'] as const

/** Starts a real child as trainings are started, with the key in this process, and looks for it in what the child sees. */
export async function childSecrets(key: string): Promise<{ readonly failures: string[]; readonly found: string }> {
  const signal = new AbortController().signal
  const folder = await mkdtemp(join(tmpdir(), 'improve-child-'))
  const before = VARIABLES.map((name) => [name, process.env[name]] as const)
  try {
    await Promise.all(['job', 'entry'].map((name) => mkdir(join(folder, name))))
    await writeFile(join(folder, 'entry', 'look.py'), LOOK)
    for (const name of VARIABLES) process.env[name] = key
    const sandbox = (await findSandbox()).sandbox ?? makePlainSandbox()
    const { executable } = await findPython(signal)
    const tools = { sandbox, python: executable, threads: 1, entry: join(folder, 'entry', 'look.py') }
    const mounts = [{ host: join(folder, 'job'), guest: '/job' }]
    const running = await startPython(tools, { mode: 'train', waits: false, mounts, limits: LIMITS }, signal)
    const seen = await textOf(running.events)
    await running.ended
    // Without a sandbox a process sees its parents, which the user is told; its own environment is clean all the same.
    const own = sandbox.level > 0 ? seen : (seen.split('\n')[0] ?? '')
    return {
      failures: [
        ...(seen.includes('end\n') ? [] : [`the child did not tell what it sees: ${running.logTail()}`]),
        ...(own.includes(key) ? ['the key is in what the child sees'] : []),
      ],
      found: `one real child: ${sandbox.description}`,
    }
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    await rm(folder, { recursive: true, force: true })
  }
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = ''
  for await (const piece of stream) text += String(piece)
  return text
}
