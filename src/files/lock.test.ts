import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockHolder, tryLock, withLock } from './lock.ts'
import { isRunning, ownIdentity } from './process-identity.ts'

let folder: string
let lock: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'improve-lock-'))
  lock = join(folder, 'lock')
})
afterEach(() => rm(folder, { recursive: true }))

/** A real process that runs `body` inside the lock. */
function startHolder(body: string): ChildProcess {
  const program = `import { withLock } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))}
    import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
    import { setTimeout as sleep } from 'node:timers/promises'
    const folder = ${JSON.stringify(folder)}
    ${body}`
  return spawn(process.execPath, ['--input-type=module-typescript', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
}

test('six processes that start together never hold the lock at the same time', async () => {
  await writeFile(join(folder, 'count'), '0')
  const body = `for (let i = 0; i < 5; i++) await withLock(folder + '/lock', {}, async () => {
      const n = Number(readFileSync(folder + '/count', 'utf8'))
      await sleep(3)
      writeFileSync(folder + '/count', String(n + 1))
    })`
  const children = Array.from({ length: 6 }, () => startHolder(body))
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]))
  expect(codes).toEqual([0, 0, 0, 0, 0, 0])
  expect(await readFile(join(folder, 'count'), 'utf8')).toBe('30')
}, 60_000)

test('the lock of a killed process is taken over, by one of several that wait', async () => {
  const holder = startHolder(`await withLock(folder + '/lock', {}, async () => { console.log('held'); await sleep(60_000) })`)
  await once(holder.stdout!, 'data')
  const order: string[] = []
  const waited: number[] = []
  const waiters = ['a', 'b', 'c'].map((name) =>
    withLock(lock, { onWait: (pid) => waited.push(pid) }, async () => {
      order.push(`${name} in`)
      await new Promise((resolve) => setTimeout(resolve, 20))
      order.push(`${name} out`)
    }),
  )
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(order).toEqual([])
  holder.kill('SIGKILL')
  await Promise.all(waiters)
  expect(waited).toEqual([holder.pid, holder.pid, holder.pid])
  for (let i = 0; i < 6; i += 2) expect(order[i]!.slice(0, 1)).toBe(order[i + 1]!.slice(0, 1))
  expect(order).toHaveLength(6)
})

test('a claim of an earlier boot, of a reused process number, or cut short by a power loss is taken over', async () => {
  const own = ownIdentity()
  for (const content of [JSON.stringify({ ...own, bootId: 'before' }), JSON.stringify({ ...own, startedAt: '1' }), '{"pid":']) {
    await mkdir(lock, { recursive: true })
    await writeFile(join(lock, '7'), content)
    expect(await withLock(lock, {}, async () => 'done')).toBe('done')
    await rm(lock, { recursive: true })
  }
})

test('an abort ends the waiting and leaves the holder in peace', async () => {
  await withLock(lock, {}, async () => {
    const controller = new AbortController()
    const waiting = withLock(lock, { signal: controller.signal, onWait: () => controller.abort() }, async () => 'never')
    await expect(waiting).rejects.toThrow('aborted')
    expect(isRunning(ownIdentity())).toBe(true)
  })
})

test('an error in the body releases the lock and is passed on', async () => {
  await expect(
    withLock(lock, {}, async () => {
      throw new Error('mine')
    }),
  ).rejects.toThrow('mine')
  expect(await withLock(lock, {}, async () => 1)).toBe(1)
})

test('old claims do not pile up', async () => {
  for (let i = 0; i < 5; i++) await withLock(lock, {}, async () => {})
  expect(await readdir(lock)).toEqual(['5'])
})

test('a lock is taken at once or answered with its holder', async () => {
  expect(await lockHolder(lock)).toBeNull()
  const first = await tryLock(lock)
  expect(await tryLock(lock)).toEqual({ status: 'busy', holder: ownIdentity() })
  expect(await lockHolder(lock)).toEqual(ownIdentity())
  if (first.status === 'held') await first.release()
  expect(await lockHolder(lock)).toBeNull()
  expect((await tryLock(lock)).status).toBe('held')
})
