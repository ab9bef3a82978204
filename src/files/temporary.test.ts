import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeTemporaryFolder, removeAbandonedFolders } from './temporary.ts'

test('the temporary folder of a killed process is removed at the next start, that of a running one stays', async () => {
  const program = `import { makeTemporaryFolder } from ${JSON.stringify(join(import.meta.dirname, 'temporary.ts'))}
    console.log(await makeTemporaryFolder('work'))
    setTimeout(() => {}, 60_000)`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const theirs = line.toString().trim()
  const ours = await makeTemporaryFolder('job')
  await removeAbandonedFolders()
  expect([existsSync(theirs), existsSync(ours)]).toEqual([true, true])
  child.kill('SIGKILL')
  await once(child, 'exit')
  await removeAbandonedFolders()
  expect([existsSync(theirs), existsSync(ours)]).toEqual([false, true])
  await rm(ours, { recursive: true })
})
